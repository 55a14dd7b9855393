"""How a look at a source ended."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """``outcome`` is one of ``Source.Outcome``; ``error`` is English, translated when shown."""

    outcome: str
    error: str = ""
