"""Reads of the library. What belongs to somebody else does not exist here."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import PromptTemplate
from chat.prompt_library.presets import PLAIN, preset, presets
from chat.prompt_library.prompt import Input, Prompt

Kind = PromptTemplate.Kind


@dataclass(frozen=True, slots=True)
class Shelf:
    """What somebody finds in the library: their own, those for everybody, those of the code."""

    own: list[Prompt]
    shared: list[Prompt]
    presets: list[Prompt]

    @property
    def is_empty(self) -> bool:
        return not (self.own or self.shared or self.presets)


def visible_to(user: User, kind: Kind | None = None) -> QuerySet[PromptTemplate]:
    """Their own and those for everybody."""
    found = PromptTemplate.objects.filter(Q(owner=user) | Q(owner=None))
    return found if kind is None else found.filter(kind=kind)


def may_change(user: User, template: PromptTemplate) -> bool:
    return user.is_superuser if template.owner_id is None else template.owner_id == user.pk


def get_template(user: User, template_id: int) -> PromptTemplate:
    """Raises ``Http404``."""
    found = visible_to(user).filter(pk=template_id).first()
    if found is None:
        raise Http404(_("There is no such prompt, or it is not yours."))
    return found


def get_changeable(user: User, template_id: int) -> PromptTemplate:
    """Raises ``Http404`` for what ``user`` may not see, ``PermissionDenied`` for what only others change."""
    found = get_template(user, template_id)
    if not may_change(user, found):
        raise PermissionDenied(_("Only administrators may change prompts that are for everybody."))
    return found


def get_prompt(user: User, key: str) -> Prompt:
    """A preset, or a template to fill in that ``user`` may see. Raises ``Http404``."""
    found = plain() if key == PLAIN else preset(key)
    if found is not None:
        return found
    template = get_template(user, int(key)) if key.isascii() and key.isdecimal() and len(key) < 19 else None
    if template is None or template.kind != Kind.TASK:
        raise Http404(_("There is no such prompt, or it is not yours."))
    return Prompt.of(template)


def plain() -> Prompt:
    """The prompt of the playground that holds nothing but what is typed."""
    return Prompt(PLAIN, _("Plain prompt"), "{prompt}", inputs=(Input("prompt", _("Prompt"), "text"),))


def shelf(user: User, *, language: str = "", words: str = "") -> Shelf:
    """``language`` leaves those out that are written in another one; ``words`` must all be in the name or in
    the description."""
    rows = [Prompt.of(row) for row in visible_to(user, Kind.TASK)]
    fitting = [one for one in [*rows, *presets()] if _fits(one, language, words.lower().split())]
    return Shelf(
        own=[one for one in fitting if one.template is not None and one.template.owner_id == user.pk],
        shared=[one for one in fitting if one.template is not None and one.template.owner_id is None],
        presets=[one for one in fitting if one.is_preset],
    )


def instructions_for_answers() -> list[PromptTemplate]:
    """With ``collection_count`` and ``conversation_count``, those that have chosen it."""
    return list(
        PromptTemplate.objects.filter(kind=Kind.ANSWERS).annotate(
            collection_count=Count("of_collections", distinct=True),
            conversation_count=Count("conversations", distinct=True),
        )
    )


def _fits(prompt: Prompt, language: str, words: list[str]) -> bool:
    if language and prompt.language and prompt.language != language:
        return False
    said = f"{prompt.name} {prompt.description}".lower()
    return all(word in said for word in words)
