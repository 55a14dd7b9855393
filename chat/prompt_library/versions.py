"""Every save of a prompt template is a version: writing, reading and comparing them."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import ChatError
from chat.models import PromptTemplate, PromptVersion

# Lines of both versions multiplied; of more, what lies between their common ends counts as rewritten.
MOST_COMPARED = 40_000
CONTENT = ("name", "text", "description", "language", "inputs", "query")


class ChangedMeanwhile(ChatError):
    """Somebody saved a newer version than the one that was open in the editor."""

    code = "changed_meanwhile"


@transaction.atomic
def save(
    *,
    template: PromptTemplate,
    by: User | None,
    seen: int | None = None,
    restored: int | None = None,
) -> bool:
    """Saves ``template`` as its next version; says whether there was anything to save.

    ``seen`` is the version that the editor began with: raises ``ChangedMeanwhile`` if there is a newer.
    """
    newest = 0
    if template._state.adding:
        template.created_by = by
    else:
        current = PromptTemplate.objects.select_for_update().get(pk=template.pk)
        newest = current.version
        if seen is not None and seen != newest:
            raise ChangedMeanwhile(_changed(current))
        if newest and content_of(current) == content_of(template):
            return False
    template.version = newest + 1
    template.save()
    PromptVersion.objects.create(
        template=template,
        number=template.version,
        created_by=by,
        restored=restored,
        **content_of(template),
    )
    return True


def content_of(thing: PromptTemplate | PromptVersion) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in CONTENT}


def versions_of(template: PromptTemplate) -> QuerySet[PromptVersion]:
    """The newest first."""
    return template.versions.select_related("created_by")


def version_of(template: PromptTemplate, number: int) -> PromptVersion:
    """Raises ``Http404``."""
    return get_object_or_404(versions_of(template), number=number)


def restore(*, template: PromptTemplate, number: int, by: User) -> bool:
    """Saves an earlier version once more as the newest; says whether it differs from it."""
    for name, value in content_of(version_of(template, number)).items():
        setattr(template, name, value)
    return save(template=template, by=by, restored=number)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of two versions laid upon each other."""

    sign: Literal["same", "added", "removed"]
    text: str


def compared(before: PromptVersion, after: PromptVersion) -> list[Line]:
    """The texts line by line."""
    old, new = before.text.splitlines(), after.text.splitlines()
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    return [
        *(Line("same", text) for text in old[:head]),
        *_differences(old[head : len(old) - tail], new[head : len(new) - tail]),
        *(Line("same", text) for text in old[len(old) - tail :]),
    ]


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines both begin with."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((n for n, (one, other) in pairs if one != other), min(len(old), len(new)))


def _differences(old: Sequence[str], new: Sequence[str]) -> list[Line]:
    if len(old) * len(new) > MOST_COMPARED:
        return [*(Line("removed", text) for text in old), *(Line("added", text) for text in new)]
    lines: list[Line] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind == "equal":
            lines += [Line("same", text) for text in old[a:b]]
            continue
        lines += [Line("removed", text) for text in old[a:b]]
        lines += [Line("added", text) for text in new[c:d]]
    return lines


def differing(before: PromptVersion, after: PromptVersion) -> list[str]:
    """The names of what differs besides the text."""
    return [name for name in CONTENT if name != "text" and getattr(before, name) != getattr(after, name)]


def _changed(current: PromptTemplate) -> str:
    said = _(
        "Version %(number)d was saved meanwhile. What you typed is still here: compare it with the new "
        "version, then save again."
    )
    return said % {"number": current.version}
