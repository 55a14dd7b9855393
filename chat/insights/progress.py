"""An insight on its way: what is there so far, and how far it is."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from chat.connections import release_connections
from chat.insights.errors import Stopped
from chat.insights.models import LIVE, Insight

SAVE_EVERY_S = 1.0


@dataclass(slots=True)
class Work:
    """``before`` is what was written of earlier parts, ``text`` what comes now."""

    insight_id: UUID
    attempt: int
    before: str = ""
    text: str = ""
    step: str = ""
    done: int = 0
    total: int = 0
    saved_at: float = field(default_factory=time.monotonic)

    def save(self, **fields: Any) -> None:
        """Raises ``Stopped`` where this attempt is no longer wanted."""
        live = Insight.objects.filter(pk=self.insight_id, attempt=self.attempt, status__in=LIVE)
        try:
            if not live.update(heartbeat_at=timezone.now(), **fields):
                raise Stopped
        finally:
            self.saved_at = time.monotonic()
            release_connections()

    def take(self, step: str, done: int = 0, total: int = 0, *, text: str = "") -> None:
        """Begins a step, of ``total`` equal parts where that is known; ``text`` is shown meanwhile."""
        self.step, self.done, self.total, self.text = step, done, total, text
        self.save(**self._part)

    def tick(self, text: str | None = None) -> None:
        """Says that it goes on, with what is written of this part so far."""
        if text is not None:
            self.text = text
        if time.monotonic() - self.saved_at >= SAVE_EVERY_S:
            self.save(**self._part)

    @property
    def _part(self) -> dict[str, Any]:
        return {
            "text": self.before + self.text,
            "step": self.step,
            "done": self.done,
            "total": self.total,
        }
