"""What processes have used up to now, by the figures of the system."""
import os

ticks = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    """Processor time of these processes since they began, all threads."""
    return sum(cpu_of(pid) for pid in pids)


def cpu_of(pid):
    with open(f"/proc/{pid}/stat") as stat:
        # The name before the last bracket may hold spaces.
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / ticks


def peak_bytes(pids):
    """The most memory that each of these processes has had, added up."""
    return sum(peak_of(pid) for pid in pids)


def peak_of(pid):
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} has no VmHWM")
