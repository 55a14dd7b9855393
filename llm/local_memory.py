"""How much memory a model may still take."""

from pathlib import Path


def free_memory() -> int:
    """Bytes that this process can still have: of the machine, or of its control group where that is less."""
    import psutil

    free = int(psutil.virtual_memory().available)
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return max(0, min(free, limit - used + int(stat.get("inactive_file", 0))))
    except (OSError, ValueError):  # no such file, or "max"
        return free
