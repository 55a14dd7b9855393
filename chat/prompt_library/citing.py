"""What a prompt made out of sources, with its citations as an answer has them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

from chat.citation_marks import understood
from chat.events import shown_passage
from chat.finishing import citations_of
from chat.grounding import ground
from chat.models import Message
from chat.similarity import by_embedding
from chat.untrusted import without_addresses
from chat.writing import title_of
from ingestion.finding import FoundPassage


def cited_message(
    text: str, passages: Sequence[FoundPassage], prompt: str, clean: Callable[[str], str]
) -> Message:
    """An answer that is in no table: its marks set right, its sentences held against what they cite.

    ``clean`` takes out what the rules of the site ban, should it come of that.
    """
    texts = {n: passage.text for n, passage in enumerate(passages, 1)}
    titles = {n: title_of(passage) for n, passage in enumerate(passages, 1)}
    whole = clean(understood(without_addresses(text, [*texts.values(), prompt]), texts))
    grounded = ground(whole, texts, titles=titles, similarity=by_embedding)
    quotes = grounded.first_quotes
    return Message(
        role=Message.Role.ASSISTANT,
        text=grounded.text.strip(),
        citations=[citation.as_dict() for citation in citations_of(grounded, passages)],
        sources=[shown_passage(n, passage) for n, passage in enumerate(passages, 1) if n not in quotes],
        sentences=[asdict(sentence) for sentence in grounded.sentences],
    )
