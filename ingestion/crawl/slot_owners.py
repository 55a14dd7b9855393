"""Whose a slot of a host is, so that those of processes that died are free again at once.

The name of a lease says on which machine (its boot, and the namespace that numbers its processes) which
process holds it. Where the system does not tell, its leases run out.
"""

import os
import uuid
from collections.abc import Iterable
from functools import cache
from pathlib import Path


def new_lease() -> str:
    """A name for a lease of this process."""
    return f"{_machine()}/{os.getpid()}/{uuid.uuid4().hex}"


def left_by_the_dead(leases: Iterable[str]) -> list[str]:
    """Those of processes of this machine that are gone."""
    return [lease for lease in leases if _is_left(lease)]


def _is_left(lease: str) -> bool:
    machine, _, rest = lease.partition("/")
    number = rest.partition("/")[0]
    if not machine or machine != _machine() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


@cache
def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}-{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""
