"""The answerer without a language model: it quotes the sentences that best answer the question."""

from collections.abc import Iterator
from typing import ClassVar

from django.utils.translation import gettext_noop

from chat.sentence_ranking import best_sentences
from chat.similarity import to_question
from llm.tokens import estimate
from llm.types import Delta, Description, Kind, Options, Request, Usage

MAX_SENTENCES = 3
NAME = "extractive"


class Extractive:
    """Quotes at most three sentences of the sources, word for word, each followed by its ``[n]``, and by the
    short block of code that it stands above.

    Adds no word of its own; answers nothing when there are no sources. One delta a sentence.
    """

    kind: ClassVar[Kind] = Kind(title=gettext_noop("Quotes only"))

    def __init__(self, options: Options | None = None) -> None:
        """Nothing to set: ``options`` is there because every back end takes some."""

    def describe(self) -> Description:
        return Description(backend=NAME, model=NAME, is_model=False, name=NAME)

    def count_tokens(self, text: str) -> int:
        return estimate(text)

    def stream(self, request: Request) -> Iterator[Delta]:
        quotes = best_sentences(request.question, request.sources, limit=MAX_SENTENCES, likeness=to_question)
        for position, quote in enumerate(quotes):
            gap = "\n\n" if position else ""
            code = f"\n\n```\n{quote.code}\n```" if quote.code else ""
            yield Delta(text=f"{gap}{quote.text} [{quote.n}]{code}")
        yield Delta(usage=Usage(), finish_reason="stop")
