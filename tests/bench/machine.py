"""What the machine is, and whether others use it while something is timed."""

import os
import platform
import time

# Parts of all processors that others may have used: above, the machine is busy.
QUIET = 0.05
TICKS = os.sysconf("SC_CLK_TCK")


def described():
    """The processor, its cores, memory and kernel."""
    fields = {}
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            fields.setdefault(name.strip(), value.strip())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    flags = [flag for flag in ("avx2", "avx512f", "amx_tile") if flag in fields.get("flags", "").split()]
    return {
        "processor": fields.get("model name", platform.machine()),
        "extensions": flags,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30, 1),
        "kernel": platform.release(),
    }


def processor_seconds():
    """Seconds that all processors were busy since they were started: with others' machines, too, where it is
    virtual."""
    with open("/proc/stat", encoding="ascii") as lines:
        user, nice, system, _, _, interrupts, soft, stolen, *_ = map(int, next(lines).split()[1:])
    return (user + nice + system + interrupts + soft + stolen) / TICKS


def of_process(process):
    """Seconds of processor time of one process and of its ended children; 0 if it is gone."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as line:
            fields = line.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


class Watch:
    """How much of the machine others use from now on. Own processes are this one with its ended children, and those
    that are named."""

    def __init__(self, processes=()):
        self.processes = [os.getpid(), *processes]
        self.begun, self.busy, self.own = time.monotonic(), processor_seconds(), self.own_seconds()

    def own_seconds(self):
        return sum(map(of_process, self.processes))

    def others(self):
        """The share of all processors that others used."""
        available = (time.monotonic() - self.begun) * os.cpu_count()
        used = processor_seconds() - self.busy - (self.own_seconds() - self.own)
        # The two counters are read one after the other, in steps of a hundredth of a second.
        return max(0.0, used - 0.02 * os.cpu_count()) / max(available, 1e-9)


def before(seconds=2.0):
    """Load average and the share of all processors that others use, while this process does nothing."""
    watch = Watch()
    time.sleep(seconds)
    return {"load": os.getloadavg()[0], "others": watch.others()}
