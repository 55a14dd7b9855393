"""Runs a generator to its end for what it returns."""

from collections.abc import Generator
from typing import Any, TypeVar

T = TypeVar("T")


def returned(steps: Generator[Any, None, T]) -> T:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            value: T = end.value
            return value
