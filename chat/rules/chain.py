"""The rules after the model of one answer, one behind the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chat.rules.patterns import TooSlow
from chat.rules.screens import Screen


@dataclass(slots=True)
class Chain:
    """Screens one behind the other, each with the id of its rule. One that is too slow is left out from then
    on, and ``report`` hears of it."""

    screens: Sequence[tuple[int, Screen]]
    report: Callable[[int, str], None]
    received: bool = False
    gave: bool = False
    _broken: set[int] = field(default_factory=set)

    @property
    def is_full(self) -> bool:
        return any(screen.is_full for _rule, screen in self.screens)

    @property
    def is_empty(self) -> bool:
        """Whether something came and nothing of it was left."""
        return self.received and not self.gave

    def feed(self, text: str) -> str:
        self.received = self.received or bool(text.strip())
        for rule, screen in self.screens:
            text = self._through(rule, screen, screen.feed, text)
        self.gave = self.gave or bool(text.strip())
        return text

    def rest(self) -> str:
        shown = ""
        for rule, screen in self.screens:
            shown = self._through(rule, screen, screen.feed, shown)
            shown += self._through(rule, screen, _rest_of(screen), "")
        self.gave = self.gave or bool(shown.strip())
        return shown

    def _through(self, rule: int, screen: Screen, step: Callable[[str], str], text: str) -> str:
        if rule in self._broken:
            return text
        try:
            return step(text)
        except TooSlow as error:
            self._broken.add(rule)
            self.report(rule, error.pattern)
            return screen.left()  # with the piece that broke it


def _rest_of(screen: Screen) -> Callable[[str], str]:
    return lambda _nothing: screen.rest()
