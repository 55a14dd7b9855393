"""The prompts that come with Youju, each in English and in Chinese. They change with the code; who wants one
to stay, or to be different, makes a copy of it."""

from functools import cache

from chat.prompt_library.preset_texts_en import PRESETS as ENGLISH
from chat.prompt_library.preset_texts_zh import PRESETS as CHINESE
from chat.prompt_library.prompt import Prompt


def presets() -> tuple[Prompt, ...]:
    """In the order in which the library shows them: all in English, then all in Chinese."""
    return (*ENGLISH, *CHINESE)


@cache
def _by_key() -> dict[str, Prompt]:
    return {prompt.key: prompt for prompt in presets()}


def preset(key: str) -> Prompt | None:
    return _by_key().get(key)


# The playground's own: whatever is typed is the prompt.
PLAIN = "plain"
