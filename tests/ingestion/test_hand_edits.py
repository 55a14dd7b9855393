from uuid import uuid4

import pytest

from ingestion.hand_edits import HandEdit, apply, around, locate
from ingestion.neighbours import quoted_range
from ingestion.splitting import Piece
from tests.chat.passages import passage

TEXT = "The heron stands. The heron stands. A bittern booms.\n\nThe crane dances at dusk."


def edit_of(words: str, text: str = "", kind: str = "edit", at: int = 0, source: str = TEXT) -> HandEdit:
    start = source.index(words, at)
    end = start + len(words)
    return HandEdit(uuid4(), kind, start, end, words, *around(source, start, end), text)  # type: ignore[arg-type]


def pieces_of(*ranges: tuple[int, int]) -> list[Piece]:
    return [Piece(start, end, 1, "Birds") for start, end in ranges]


def test_a_piece_with_the_very_range_is_replaced() -> None:
    edit = edit_of("A bittern booms.", "It booms.")
    found = apply(TEXT, pieces_of((0, 35), (edit.start, edit.end), (54, len(TEXT))), [edit])
    assert [(piece.start, piece.text) for piece in found.pieces] == [
        (0, ""),
        (edit.start, "It booms."),
        (54, ""),
    ]
    assert found.pieces[1].heading == "Birds"
    assert (found.places, found.unplaced) == ({edit.id: (edit.start, edit.end)}, [])


@pytest.mark.parametrize("kind", ["edit", "disable"])
def test_pieces_cut_otherwise_lose_no_word_outside_the_range(kind: str) -> None:
    edit = edit_of("A bittern booms.", "It booms.", kind)
    found = apply(TEXT, pieces_of((0, 45), (40, len(TEXT))), [edit])
    kept = [TEXT[piece.start : piece.end] for piece in found.pieces if piece.edit is None]
    assert kept == ["The heron stands. The heron stands.", "The crane dances at dusk."]
    assert len(found.pieces) == (3 if kind == "edit" else 2)


def test_white_space_and_what_comes_before_may_change() -> None:
    edit = edit_of("The crane dances at dusk.")
    changed = "New.\n\n" + TEXT.replace("dances at", "dances\nat")
    place = locate(changed, edit)
    assert place is not None
    assert changed[slice(*place)] == "The crane dances\nat dusk."


def test_of_equal_words_the_surroundings_decide_and_doubt_is_no_place() -> None:
    second = edit_of("The heron stands.", at=5)
    moved = "Before. " + TEXT
    place = locate(moved, second)
    assert place is not None and place[0] == moved.rindex("The heron")
    alone = HandEdit(uuid4(), "edit", 500, 517, "The heron stands.", "", "")
    assert locate(TEXT, alone) is None
    assert locate("Nothing of it.", second) is None


def test_additions_stand_below_what_they_stood_below() -> None:
    above = edit_of("A bittern booms.")
    at = above.end
    added = HandEdit(uuid4(), "add", at, at, above.original, *around(TEXT, at, at), "By hand.")
    moved = "Before. " + TEXT
    found = apply(moved, pieces_of((0, 60), (62, len(moved))), [added])
    assert found.places[added.id] == (at + 8, at + 8)
    assert [piece.text for piece in found.pieces] == ["", "By hand.", ""]
    floating = HandEdit(uuid4(), "add", 3, 3, "", "", "", "At the end.")
    assert locate(moved, floating) == (len(moved), len(moved))


def test_quotes_of_a_passage_by_hand_lead_to_the_place_it_belongs_to() -> None:
    from dataclasses import replace

    by_hand = replace(passage("Text by hand that is longer."), start=100, end=110, is_edited=True)
    assert quoted_range(by_hand, 5, 20) == (100, 110)
    assert quoted_range(replace(by_hand, is_edited=False), 5, 20) == (105, 120)
