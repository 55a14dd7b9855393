"""Patterns that administrators write: made, tried when they are saved, and kept within a time when they run.

Syntax of the package ``regex``; case never counts.
"""

import json
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import regex
from django.utils.translation import gettext as _

from chat.rules.pattern_faults import fault

MAX_CHARS = 300
# One search, and all searches of one pattern in one answer, in seconds of processor time.
SEARCH_S, ANSWER_S = 0.25, 2.0
# A search that ended for the work of other threads is repeated.
_TRIES = 4
_TRIAL = Path(__file__).with_name("pattern_trial.py")
# Processor time of all patterns of a rule together, and how long it is waited for.
_TRIAL_S, _PATIENCE_S = 5, 30


class BadPattern(ValueError):
    """The message says what is wrong and what to do."""


class TooSlow(Exception):
    """A pattern took longer than it may."""

    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self.pattern = pattern


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> "regex.Pattern[str]":
    """Raises ``BadPattern``."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = regex.compile(pattern, regex.IGNORECASE)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise BadPattern(fault(pattern, str(error), getattr(error, "pos", None))) from error
    return made


def check(patterns: Sequence[str]) -> None:
    """Raises ``BadPattern`` for the first that is broken, matches nothing at all as text, or is so slow that
    it would hold answers up. They are tried in another process: some cannot be interrupted."""
    for pattern in patterns:
        _refuse_long(pattern)
    for pattern, (verdict, said, at) in zip(patterns, _verdicts(patterns) if patterns else (), strict=True):
        if verdict == "broken":
            raise BadPattern(fault(pattern, said, at))
        if verdict == "empty":
            said = _("The pattern “%(pattern)s” matches an empty text, so it would match everywhere.")
            raise BadPattern(said % {"pattern": pattern})
        if verdict == "slow":
            said = _(
                "The pattern “%(pattern)s” would take too long on some texts. Repeats inside of repeats, "
                "as in (a|aa)+, are often the reason: write it without them, or with words."
            )
            raise BadPattern(said % {"pattern": pattern})


def _verdicts(patterns: Sequence[str]) -> Iterator[tuple[str, str, int | None]]:
    """One each, as ``pattern_trial.verdict`` gives it; the one at which the other process was ended is slow,
    and what follows it was not tried."""
    began = [sys.executable, "-I", str(_TRIAL), str(_TRIAL_S)]
    try:
        done = subprocess.run(
            began, input=json.dumps(list(patterns)), capture_output=True, text=True, timeout=_PATIENCE_S
        )
        told = done.stdout
    except subprocess.TimeoutExpired as error:
        told = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout or ""
    lines = told.splitlines()
    for place, _pattern in enumerate(patterns):
        verdict, said, at = json.loads(lines[place]) if place < len(lines) else ("slow", "", None)
        yield verdict, said, at


def _refuse_long(pattern: str) -> None:
    if len(pattern) > MAX_CHARS:
        raise BadPattern(
            _("The pattern “%(pattern)s…” has more than %(limit)d characters: make several of it.")
            % {"pattern": pattern[:30], "limit": MAX_CHARS}
        )


class Timed:
    """A pattern for one answer. Every search raises ``TooSlow`` instead of taking longer than it may, and so
    does one by a pattern that an earlier release took and this one finds broken."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._left = ANSWER_S

    def found(self, text: str, begin: int = 0, *, partial: bool) -> "regex.Match[str] | None":
        """The first match, or with ``partial`` what at the end of ``text`` may become one."""
        try:
            made = compiled(self.pattern)
        except BadPattern as error:
            raise TooSlow(self.pattern) from error
        for _attempt in range(_TRIES):
            limit = min(SEARCH_S, self._left)
            if limit <= 0:
                break
            started = time.thread_time()
            try:
                found: regex.Match[str] | None = made.search(text, begin, timeout=limit, partial=partial)
                return found
            except TimeoutError:
                if time.thread_time() - started > limit / 2:
                    break
            finally:
                self._left -= time.thread_time() - started
        raise TooSlow(self.pattern)
