"""What the embedding model reads of a passage: never so much that words of the passage are left out."""

from ingestion.token_counts import Counter
from search.types import Chunk as Passage

# One part in so many of the window is kept for what stands above a passage.
_ABOVE_SHARE = 6
# Texts that are joined may have a few tokens more than they have apart.
_MARGIN = 4
_SMALLEST = 8


def longest_passage(window: int | None) -> int | None:
    """The most tokens a passage may have for a model that reads ``window``; ``None`` where it reads all."""
    return None if window is None else max(_SMALLEST, window - window // _ABOVE_SHARE)


def embedding_text(item: Passage, window: int | None = None, counter: Counter | None = None) -> str:
    """The passage under its title, its headings and the header row of its table.

    Where that is more than the ``window`` tokens that the model reads, by ``counter``, what stands above is
    cut and the passage stays whole.
    """
    above = [" › ".join(part for part in (item.title, item.heading) if part), item.table]
    lines = [line for line in above if line]
    if lines and window is not None and counter is not None:
        lines = _fitting(lines, window - _MARGIN - counter.counts([item.text])[0], counter)
    return "\n".join([*lines, item.text])


def _fitting(lines: list[str], room: int, counter: Counter) -> list[str]:
    """The beginnings of ``lines`` that have room: an even share for each, and what others leave."""
    counts = counter.counts(lines)
    kept: list[str] = []
    for place, (line, count) in enumerate(zip(lines, counts, strict=True)):
        later = sum(counts[place + 1 :])
        most = max(room - later, room // (len(lines) - place))
        cut = line if count <= most else _beginning(line, most, counter)
        kept += [cut] if cut else []
        room -= min(count, most)
    return kept


def _beginning(line: str, tokens: int, counter: Counter) -> str:
    begins = counter.offsets(line)
    return line[: begins[tokens]].rstrip() if 0 < tokens < len(begins) else ""
