"""The table of a run, for a terminal and as Markdown."""

import machine
import program


def busy(result):
    """Why the machine was not quiet; an empty list where it was."""
    why, before = [], result["before"]
    if before["others"] > machine.QUIET:
        why.append(f"before it began, others used {before['others']:.0%} of the processors")
    every = result["rows"] + result["program"]
    loud = [row for row in every if row["others"] > machine.QUIET]
    if loud:
        most = max(row["others"] for row in loud)
        why.append(f"while {len(loud)} of {len(every)} rows were timed, others used up to {most:.0%}")
    return why


def warning(result):
    load = result["before"]["load"]
    why = f"{'; '.join(result['busy'])} (load average {load:.1f} at the start)"
    return f"BUSY MACHINE, these figures are not a result: {why}."


def seconds(value):
    if value >= 0.1:
        return f"{value:.2f} s"
    return f"{1e3 * value:.2f} ms" if value >= 1e-4 else f"{1e6 * value:.0f} µs"


def cells(row):
    """The columns of a row."""

    def between(of, show):
        return f"{show(of['median'])} ({show(of['low'])}–{show(of['high'])})"

    if "error" in row:
        return [row["name"], "failed", "", row["error"], "", ""]
    memory = f"{row['memory'] / 1e9:.2f}" if "memory" in row else ""
    if "peer" not in row:
        return [row["name"], between(row["ours"], seconds), "no peer", "", memory, ""]
    peer_memory = f"{row['peer_memory'] / 1e9:.2f}"
    mark = " *" if row["others"] > machine.QUIET else ""
    return [
        row["name"],
        seconds(row["ours"]["median"]),
        seconds(row["peer"]["median"]),
        between(row["ratio"], "{:.2f}".format) + mark,
        memory,
        peer_memory,
    ]


def program_cells(row):
    """The columns of a row of the program."""
    if "error" in row:
        return [row["name"], "failed", row["error"], ""]

    def show(value):
        return seconds(value) if row["unit"] == "s" else f"{value:.2f} {row['unit']}"

    bound = ""
    for name in ("most", "least"):
        if row.get(name):
            bound = f"at {name} {show(row[name])}"
    verdict = "" if not bound else "missed" if program.missed(row) else "reached"
    mark = " *" if row["others"] > machine.QUIET else ""
    return [row["name"], f"{show(row['median'])} ({show(row['low'])}–{show(row['high'])}){mark}", bound, verdict]


PROGRAM_HEADS = ["the program", "median (least–most)", "aim", ""]
HEADS = ["row", "ours", "peer", "times as fast (quartiles)", "GB", "peer's GB"]


def notes(result):
    """What the table says of itself."""
    told = result["machine"]
    processor = f"{told['processor']}, {told['cores']} cores, {', '.join(told['extensions'])}"
    lines = [f"{processor}; {told['memory_gib']} GiB; {result['when']}; peer: {result['peer']}"]
    if not result["rows"]:
        pass
    elif result["peer"] == "none":
        lines.append("No peer, because this Python has no torch 2.11: there are no ratios.")
    elif result["checked"]:
        lines.append("Outputs, gradients and one step of every row were compared first: equal.")
    else:
        lines.append("NOT checked: outputs and gradients were not compared.")
    if any(row["others"] > machine.QUIET for row in result["rows"] + result["program"]):
        lines.append("* others used the processors while this row was timed")
    return lines


def grids(result):
    """The tables, each a list of lines of cells: networks, and the program."""
    if result["rows"]:
        yield [HEADS, *(cells(row) for row in result["rows"])]
    if result["program"]:
        yield [PROGRAM_HEADS, *(program_cells(row) for row in result["program"])]


def aligned(lines):
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def piped(lines):
    rule = ["---"] * len(lines[0])
    return "\n".join("| " + " | ".join(line) + " |" for line in [lines[0], rule, *lines[1:]])


def text(result):
    warned = [warning(result)] if result["busy"] else []
    return "\n\n".join([*warned, *map(aligned, grids(result)), "\n".join(notes(result)), *warned])


def markdown(result):
    warned = [f"**{warning(result)}**"] if result["busy"] else []
    return "\n\n".join([*warned, *map(piped, grids(result)), *notes(result)]) + "\n"
