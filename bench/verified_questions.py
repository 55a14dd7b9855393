"""How many questions get a verified answer: those that mean the same, and those that must not.

    python -m bench.verified_questions DATA

DATA holds ``xquad-en`` and ``xquad-zh``. Pairs by hand come from the tests. The bounds of
``chat.verified.meaning`` were set on the even paragraphs; "held out" are the odd ones
(docs/decisions/029).
"""

import argparse
import collections
import json
import os
import random
from pathlib import Path
from typing import Any

Pair = tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb_site.settings")
    import django

    django.setup()
    english, chinese = _questions(data / "xquad-en"), _questions(data / "xquad-zh")
    by_hand, sets = _by_hand(), {}
    sets.update(by_hand)
    for name, half in (("tuning", 0), ("held out", 1)):
        sets |= _of_half(english, chinese, half, name)
    cosines = _cosines([pair for pairs in sets.values() for pair in pairs])
    from chat.verified.meaning import is_same

    for name, pairs in sets.items():
        found = sum(is_same(one, other, cosines[one, other]) for one, other in pairs)
        words = sum(is_same(one, other, None) for one, other in pairs)
        print(f"{name:48} {len(pairs):5} pairs: {found:4} the same, {words:4} by words alone")
        if "paragraph" in name or "others" in name:
            for one, other in pairs:
                if is_same(one, other, cosines[one, other]):
                    print(f"    {cosines[one, other]:.3f} {one} | {other}")


def _by_hand() -> dict[str, list[Pair]]:
    from tests.chat.verified import pairs

    return {
        "by hand, the same, English": pairs.SAME_ENGLISH,
        "by hand, the same, Chinese": pairs.SAME_CHINESE,
        "by hand, the same, across": pairs.SAME_ACROSS,
        "by hand, others": pairs.OTHER,
        "by hand, others, across": pairs.OTHER_ACROSS,
    }


def _of_half(
    english: dict[str, Pair], chinese: dict[str, Pair], half: int, name: str
) -> dict[str, list[Pair]]:
    """Translations of a question mean the same; other questions of its paragraph do not, unless they are
    equal to the letter."""
    paragraphs = collections.defaultdict(list)
    for key, (_text, paragraph) in english.items():
        paragraphs[paragraph].append(key)
    chosen = sorted(paragraphs)[half::2]
    keys = [key for paragraph in chosen for key in paragraphs[paragraph]]
    beside = [
        (a, b) for each in chosen for n, a in enumerate(paragraphs[each]) for b in paragraphs[each][n + 1 :]
    ]
    random.Random(half).shuffle(beside)
    beside = beside[:1000]

    def told(one: dict[str, Pair], other: dict[str, Pair]) -> list[Pair]:
        pairs = ((one[a][0].strip(), other[b][0].strip()) for a, b in beside)
        return [(a, b) for a, b in pairs if a != b]

    return {
        f"XQuAD, {name}, translations": [(english[key][0], chinese[key][0]) for key in keys],
        f"XQuAD, {name}, same paragraph, English": told(english, english),
        f"XQuAD, {name}, same paragraph, Chinese": told(chinese, chinese),
        f"XQuAD, {name}, same paragraph, across": told(english, chinese),
    }


def _questions(folder: Path) -> dict[str, Pair]:
    """Each question with its paragraph, by its key."""
    lines = (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]
    paragraphs = dict(line.split("\t")[:2] for line in lines)
    with open(folder / "queries.jsonl", encoding="utf-8") as file:
        queries = [json.loads(line) for line in file]
    return {
        each["_id"]: (each["text"], paragraphs[each["_id"]]) for each in queries if each["_id"] in paragraphs
    }


def _cosines(pairs: list[Pair]) -> dict[Pair, float]:
    from search import registry

    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    vectors: dict[str, Any] = {}
    for at in range(0, len(texts), 64):
        part = texts[at : at + 64]
        vectors |= dict(zip(part, registry.embedder().embed(part), strict=True))
    return {(one, other): float(vectors[one] @ vectors[other]) for one, other in pairs}


if __name__ == "__main__":
    main()
