"""Which address a model of Baidu Qianfan v1 answers at, and how much it takes.

Source: the endpoint table in github.com/baidubce/bce-qianfan-sdk, ``chat_completion.py``.
"""

from dataclasses import dataclass
from math import ceil

from llm.tokens import estimate


@dataclass(frozen=True, slots=True)
class Service:
    """``path`` is the last part of the address. Both limits of the input hold, system text included.

    One that ``searches`` puts what it finds on the web into its answers unless it is told not to.
    """

    path: str
    input_chars: int
    input_tokens: int
    searches: bool = False

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text``, counted so that what keeps to ``input_tokens`` keeps to ``input_chars``."""
        return max(estimate(text), ceil(len(text) * self.input_tokens / self.input_chars))


_SERVICES = {
    Service("eb-instant", 11_200, 7168): ("ERNIE-Bot-turbo", "ERNIE-Lite-8K-0922"),
    Service("ernie-lite-8k", 11_200, 7168): ("ERNIE-Lite-8K", "ERNIE-Lite-8K-0308"),
    Service("completions", 20_000, 5120, searches=True): ("ERNIE-Bot", "ERNIE-3.5-8K"),
    Service("completions_pro", 20_000, 5120, searches=True): ("ERNIE-Bot-4", "ERNIE-4.0-8K"),
    Service("ernie_speed", 11_200, 7168): ("ERNIE-Speed", "ERNIE-Speed-8K"),
    Service("ernie-speed-128k", 507_904, 126_976): (),
    Service("ernie-3.5-128k", 516_096, 126_976, searches=True): (),
    Service("ernie-tiny-8k", 24_000, 6144): (),
    Service("ernie-char-8k", 24_000, 6144): ("ERNIE-Character-8K",),
    # Only the characters are documented: one token each is the careful reading.
    Service("bloomz_7b1", 4800, 4800): ("BLOOMZ-7B",),
    Service("qianfan_bloomz_7b_compressed", 4800, 4800): ("Qianfan-BLOOMZ-7B-compressed",),
}
_BY_NAME = {
    name.casefold(): service for service, names in _SERVICES.items() for name in (service.path, *names)
}


def service(model: str) -> Service | None:
    """By the model's name or by its path, in any case of letters; ``None`` for one deployed by its owner."""
    return _BY_NAME.get(model.strip().casefold())
