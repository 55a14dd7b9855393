from chat.models import PromptVersion
from chat.prompt_library.versions import compared


def test_long_texts_are_compared_at_their_ends_alone() -> None:
    """Every line of one like every line of the other would take minutes."""
    old, new = ["a", "b"] * 1900, ["b", "a", "c"] * 1300
    ends = [PromptVersion(text="\n".join(["first", *lines, "last"])) for lines in (old, new)]
    lines = compared(*ends)
    assert [line.text for line in lines if line.sign == "same"] == ["first", "last"]
    assert [line.text for line in lines if line.sign == "removed"] == old
    assert [line.text for line in lines if line.sign == "added"] == new
