"""Text to measure with: made from a seed, so that every machine measures the same."""

import random
from collections.abc import Iterator
from itertools import accumulate, pairwise

SEED = 7
_SYLLABLES = "ka lo mi ren ta shu vo del pra sin go ter ul fen bri no qua zi ham ost".split(" ")
_COMMON = (
    "the of and to in is was for on that by with as it from at are were be this which an or had has their "
    "one its not but after who also been first new two other more time when some may most would"
).split(" ")


def _vocabulary(random_: random.Random, size: int) -> list[str]:
    return ["".join(random_.choices(_SYLLABLES, k=random_.randint(1, 4))) for _ in range(size)]


def articles(count: int = 48, words: int = 5000, seed: int = SEED) -> list[tuple[str, str]]:
    """``(name, Markdown)`` of ``count`` articles with ``words`` words each: headings, paragraphs,
    sentences, with word frequencies that fall off as in natural text."""
    random_ = random.Random(seed)
    pools = _pools(random_, words)
    return [(f"article-{number:03}.md", _article(random_, number, next(pools))) for number in range(count)]


def passages(words: int = 120, seed: int = 5) -> Iterator[str]:
    """Passages of so many words each, without end, as different from each other as natural ones."""
    random_ = random.Random(seed)
    for pool in _pools(random_, words):
        cuts = [0, *sorted(random_.sample(range(5, words - 5), words // 15)), words]
        yield " ".join(" ".join(pool[start:end]).capitalize() + "." for start, end in pairwise(cuts))


def _pools(random_: random.Random, words: int) -> Iterator[list[str]]:
    vocabulary = _vocabulary(random_, 12_000)
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(vocabulary))))
    while True:
        rare = random_.choices(vocabulary, cum_weights=weights, k=words)
        yield [random_.choice(_COMMON) if random_.random() < 0.4 else word for word in rare]


def _article(random_: random.Random, number: int, pool: list[str]) -> str:
    parts, at = [f"# Article {number} about {pool[0]} and {pool[1]}"], 2
    while at < len(pool):
        parts.append(f"## {pool[at].capitalize()} {pool[at - 1]}")
        for _paragraph in range(random_.randint(2, 4)):
            sentences = []
            for _sentence in range(random_.randint(3, 7)):
                length = random_.randint(8, 22)
                sentences.append(" ".join(pool[at : at + length]).capitalize() + ".")
                at += length
            parts.append(" ".join(sentences))
    return "\n\n".join(parts)


def questions(texts: list[str], count: int, seed: int = 11) -> list[str]:
    """Runs of six to twelve words out of the texts."""
    random_ = random.Random(seed)
    made = []
    for _ in range(count):
        words = random_.choice(texts).replace("#", "").split()
        start = random_.randrange(max(1, len(words) - 12))
        made.append(" ".join(words[start : start + random_.randint(6, 12)]))
    return made
