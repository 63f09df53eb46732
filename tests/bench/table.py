"""The table of a run, for a terminal and as Markdown."""

import machine


def busy(result):
    """Why the machine was not quiet; an empty list where it was."""
    why, before = [], result["before"]
    if before["others"] > machine.QUIET:
        why.append(f"before it began, others used {before['others']:.0%} of the processors")
    loud = [row for row in result["rows"] if row["others"] > machine.QUIET]
    if loud:
        most = max(row["others"] for row in loud)
        why.append(f"while {len(loud)} of {len(result['rows'])} rows were timed, others used up to {most:.0%}")
    return why


def warning(result):
    if not result["busy"]:
        return ""
    load = result["before"]["load"]
    return f"BUSY MACHINE, these figures are no result: {'; '.join(result['busy'])} (load average {load:.1f} at the start)."


def seconds(value):
    if value >= 0.1:
        return f"{value:.2f} s"
    return f"{1e3 * value:.2f} ms" if value >= 1e-4 else f"{1e6 * value:.0f} µs"


def cells(row):
    """The columns of a row."""
    def between(of, show):
        return f"{show(of['median'])} ({show(of['low'])}–{show(of['high'])})"

    memory = f"{row['memory'] / 1e9:.2f}" if "memory" in row else ""
    if "peer" not in row:
        return [row["name"], between(row["ours"], seconds), "no peer", "", memory, ""]
    times = lambda value: f"{value:.2f}"
    peer_memory = f"{row['peer_memory'] / 1e9:.2f}"
    mark = " *" if row["others"] > machine.QUIET else ""
    return [
        row["name"], seconds(row["ours"]["median"]), seconds(row["peer"]["median"]),
        between(row["ratio"], times) + mark, memory, peer_memory,
    ]


HEADS = ["row", "ours", "peer", "times as fast (quartiles)", "GB", "peer's GB"]


def notes(result):
    """What the table says of itself."""
    told = result["machine"]
    lines = [
        f"{told['processor']}, {told['cores']} cores, {', '.join(told['extensions'])}; {told['memory_gib']} GiB; "
        f"{result['when']}; peer: {result['peer']}",
    ]
    if result["peer"] == "none":
        lines.append("No peer: this Python has no torch 2.11, so there are no ratios.")
    elif result["checked"]:
        lines.append("Outputs, gradients and one step of every row were compared first: equal.")
    else:
        lines.append("NOT checked: outputs and gradients were not compared.")
    if any(row["others"] > machine.QUIET for row in result["rows"]):
        lines.append("* others used the processors while this row was timed")
    return lines


def text(result):
    lines = [HEADS, *(cells(row) for row in result["rows"])]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADS))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    warned = warning(result)
    return "\n".join([*([warned] if warned else []), *shown, "", *notes(result), *([warned] if warned else [])])


def markdown(result):
    rule = "|".join(["", *("---" for _ in HEADS), ""])
    lines = ["| " + " | ".join(HEADS) + " |", rule]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in result["rows"]]
    warned = warning(result)
    return "\n\n".join([*([f"**{warned}**"] if warned else []), "\n".join(lines), *notes(result)]) + "\n"
