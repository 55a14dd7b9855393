"""An extractor that does what a test says."""

from collections.abc import Callable
from pathlib import Path

from ingestion.extract.types import Extracted, ExtractionError, Limits, Page


class Scripted:
    """Calls ``before``, and ``on_wait`` unless ``patient``, as the real one does while it waits."""

    def __init__(
        self,
        outcome: Extracted | ExtractionError,
        before: Callable[[], object] | None = None,
        *,
        patient: bool = True,
        pages: tuple[int, int] | None = None,
    ) -> None:
        self.outcome, self.before, self.patient, self.calls = outcome, before, patient, 0
        self.pages = pages
        self.limits = Limits()

    def extract(
        self,
        path: Path,
        name: str,
        limits: Limits,
        on_wait: Callable[[], None] | None = None,
        on_pages: Callable[[int, int], None] | None = None,
    ) -> Extracted:
        self.calls += 1
        self.limits = limits
        if on_pages is not None and self.pages is not None:
            on_pages(*self.pages)
        if self.before is not None:
            self.before()
        if on_wait is not None and not self.patient:
            on_wait()
        if isinstance(self.outcome, ExtractionError):
            raise self.outcome
        return self.outcome


def text_of(text: str) -> Extracted:
    return Extracted("text/plain", "", "en", (Page(None, text),), text, (0,))
