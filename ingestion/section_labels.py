"""What stands above a passage that holds one section or several short ones."""

from collections.abc import Sequence

from ingestion.headings import Outline

_SEPARATOR, _AND = " › ", " · "


def label(outline: Outline, sections: Sequence[tuple[int, int]]) -> str:
    """The path of headings, as ``Outline.path`` gives it for (start, end); for several sections, what
    their paths share and then the rest of each: "Guide › Fees · Moorings"."""
    paths = [outline.path(start, end) for start, end in sections]
    named = [path for path in dict.fromkeys(paths) if path]
    parts = [
        path.split(_SEPARATOR)
        for path in named
        if not any(other.startswith(path + _SEPARATOR) for other in named)
    ]
    if not parts:
        return ""
    shared = 0
    while all(len(path) > shared + 1 and path[shared] == parts[0][shared] for path in parts):
        shared += 1
    rest = _AND.join(_SEPARATOR.join(path[shared:]) for path in parts)
    return _SEPARATOR.join([*parts[0][:shared], rest])
