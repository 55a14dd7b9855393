"""The tokens that a local model begins with: a chat by the tokenizer's template, or a text to continue.

Whatever people and documents wrote is encoded as plain text, so that a special token in it, such as one
that opens a system message, has no power.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from llm import continuation
from llm.continuation import Room, too_long
from llm.errors import BadResponse, redacted
from llm.local_messages import without_oldest_turn, without_system
from llm.local_transformers_runtime import TransformersRuntime
from llm.types import Message, Request

THINK = "<think>"


@dataclass(frozen=True, slots=True)
class Prompt:
    """``opened`` is what the template itself began the answer with, where that is a thought."""

    ids: list[int]
    stop: tuple[str, ...]
    opened: str = ""


def count(runtime: TransformersRuntime, text: str) -> int:
    """Raises ``BadResponse`` where the tokenizer cannot be loaded."""
    with runtime.tokenizing:
        return len(runtime.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])


def text_to_continue(
    runtime: TransformersRuntime, request: Request, tokens: int, words: int | None
) -> Prompt:
    """At most ``tokens`` long. Raises ``ContextTooLong``."""
    # Counted piece by piece, a text may come to a few tokens less than as a whole.
    built = continuation.build(request, Room(tokens - 8, lambda text: count(runtime, text), words))
    with runtime.tokenizing:
        ids = list(runtime.tokenizer(built.prompt, split_special_tokens=True)["input_ids"])
    if len(ids) > tokens:
        raise too_long()
    return Prompt(ids, built.stop)


def chat(runtime: TransformersRuntime, request: Request, tokens: int) -> Prompt:
    """At most ``tokens`` long: earlier turns are left out first, then it raises ``ContextTooLong``."""
    messages = list(request.messages)
    while len(ids := _chat_ids(runtime, messages)) > tokens:
        shorter = without_oldest_turn(messages)
        if shorter is None:
            raise too_long()
        messages = shorter
    with runtime.tokenizing:
        tail = str(runtime.tokenizer.decode(ids[-8:]))
    return Prompt(ids, tuple(request.stop), THINK if tail.rstrip().endswith(THINK) else "")


def _chat_ids(runtime: TransformersRuntime, messages: list[Message]) -> list[int]:
    from jinja2 import TemplateError

    try:
        try:
            return _templated(runtime, messages)
        except TemplateError:
            return _templated(runtime, without_system(messages))
    except (TemplateError, ValueError, NotImplementedError) as error:
        raise BadResponse(
            _("The chat template in %(folder)s does not take this conversation: %(said)s")
            % {"folder": runtime.place, "said": redacted(str(error))}
        ) from error


def _templated(runtime: TransformersRuntime, messages: list[Message]) -> list[int]:
    conversation = [{"role": message.role, "content": message.content} for message in messages]
    with runtime.tokenizing:
        encoded: Any = runtime.tokenizer.apply_chat_template(
            conversation, add_generation_prompt=True, sanitize_control_tokens=True
        )
    return list(encoded["input_ids"])
