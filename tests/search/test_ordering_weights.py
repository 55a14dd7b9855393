"""What each signal counts, and for which questions."""

import pytest

from search.ordering_weights import NAMES, score, spaced, weights, weights_with
from search.types import Signals

OF_MEANING = {"meaning", "alone"}
ALL = Signals(*[1.0] * len(NAMES))
NOTHING = Signals(*[0.0] * len(NAMES))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_every_signal_has_a_weight(share: float) -> None:
    assert tuple(weights(share)) == NAMES
    assert all(weight >= 0 for weight in weights(share).values())
    assert score(ALL, share) == pytest.approx(1)
    assert score(NOTHING, share) == 0


def test_a_question_of_both_kinds_of_words_is_weighed_between_them() -> None:
    assert spaced("lighthouse keeper") == 1
    assert spaced("灯塔管理员") == 0
    assert 0 < spaced("怎样配置 lighthouse") < spaced("怎样配置 red lighthouse keeper") < 1
    assert spaced("") == spaced("?!") == 1
    between = weights(0.25)
    for name in NAMES:
        assert between[name] == pytest.approx(0.25 * weights(1)[name] + 0.75 * weights(0)[name])


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_weight_of_meaning_that_was_set_scales_what_was_learned(share: float) -> None:
    learned = weights(share)
    words = sum(weight for name, weight in learned.items() if name not in OF_MEANING)
    meaning = learned["meaning"] / (learned["meaning"] + words)
    assert weights_with(meaning, share) == pytest.approx(learned)
    nothing, everything = weights_with(0.0, share), weights_with(1.0, share)
    used = {name for name, weight in learned.items() if weight}
    assert {name for name, weight in nothing.items() if weight} == used - OF_MEANING
    assert {name for name, weight in everything.items() if weight} == {"meaning"}
