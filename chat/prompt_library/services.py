"""Writes of the library."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import ChatError
from chat.models import PromptTemplate
from chat.prompt_library import versions
from chat.prompt_library.prompt import Prompt


class NameTaken(ChatError):
    """There is a prompt of this name in the same place."""

    code = "name_taken"


def is_taken(name: str, owner: User | None, *, but: int | None = None) -> bool:
    """Whether ``owner``, or everybody where there is none, has another template of this name."""
    others = PromptTemplate.objects.filter(name=name, owner=owner)
    return (others if but is None else others.exclude(pk=but)).exists()


def copy(*, prompt: Prompt, owner: User) -> PromptTemplate:
    """An own, private template that begins as ``prompt`` is now."""
    origin = f"preset:{prompt.key}" if prompt.is_preset else f"prompt:{prompt.key}"
    made = PromptTemplate(
        kind=PromptTemplate.Kind.TASK,
        owner=owner,
        name=_free(prompt.name, owner),
        text=prompt.text,
        description=prompt.description,
        language=prompt.language,
        inputs={one.name: one.described() for one in prompt.inputs},
        query=prompt.query,
        origin=origin,
    )
    versions.save(template=made, by=owner)
    return made


@transaction.atomic
def share(*, template: PromptTemplate) -> None:
    """Gives it to everybody; from then on administrators keep it. Raises ``NameTaken``."""
    _give(template, None)


@transaction.atomic
def unshare(*, template: PromptTemplate, to: User) -> None:
    """Takes it back for ``to``. Raises ``NameTaken``."""
    _give(template, to)


def delete(*, template: PromptTemplate) -> None:
    """With all its versions."""
    template.delete()


def _give(template: PromptTemplate, owner: User | None) -> None:
    if is_taken(template.name, owner, but=template.pk):
        raise NameTaken(
            _("There is another prompt called “%(name)s” there: give this one another name first.")
            % {"name": template.name}
        )
    template.owner = owner
    template.save(update_fields=["owner"])


def _free(name: str, owner: User) -> str:
    """``name``, with a number where it is taken."""
    number, tried = 1, name
    while is_taken(tried, owner):
        number += 1
        end = f" {number}"
        tried = name[: _longest() - len(end)] + end
    return tried


def _longest() -> int:
    length: Any = PromptTemplate._meta.get_field("name").max_length
    return int(length)
