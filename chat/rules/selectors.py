"""Reads of rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from chat.rules.applying import Spec
from chat.rules.kinds import KINDS, Stage
from chat.rules.models import Rule
from ingestion.models import Collection
from llm import endpoints
from llm.remoteness import is_outside, is_remote


def rules_of_stage(stage: Stage) -> list[Rule]:
    """In their order, with their collections."""
    kinds = [kind.name for kind in KINDS.values() if kind.stage == stage]
    return list(Rule.objects.filter(kind__in=kinds).prefetch_related("collections"))


def get_rule(rule_id: int) -> Rule:
    """Raises ``Http404``."""
    return get_object_or_404(Rule, pk=rule_id, kind__in=KINDS)


def specs_for(collections: Sequence[Collection], *, every_mask: bool = False) -> list[Spec]:
    """What counts where ``collections`` are searched, in order; one query. With ``every_mask`` also what
    masks personal data elsewhere."""
    return [spec_of(rule) for rule in _rows(collections, every_mask=every_mask).filter(is_enabled=True)]


def masks_of_all() -> list[Spec]:
    """What is in use to mask personal data, wherever it counts."""
    return [spec_of(rule) for rule in Rule.objects.filter(is_enabled=True, kind="mask")]


def with_those_off(collections: Sequence[Collection]) -> list[Spec]:
    """``specs_for`` as if every rule were switched on."""
    return [spec_of(rule) for rule in _rows(collections)]


def _rows(collections: Sequence[Collection], *, every_mask: bool = False) -> QuerySet[Rule]:
    chosen = Rule.collections.through.objects.filter(collection__in=collections).values("rule")
    counts = Q(is_everywhere=True) | Q(pk__in=chosen)
    return Rule.objects.filter(counts | Q(kind="mask") if every_mask else counts, kind__in=KINDS)


@dataclass(frozen=True, slots=True)
class Reach:
    """Titles of the models in use by where what they read goes. ``reranker`` is the address of one outside,
    which reads questions and passages while they are searched."""

    outside: list[str]
    near: list[str]
    reranker: str = ""


def reach_of_models() -> Reach:
    """Names of servers are looked up."""
    reranker = str(settings.RERANKER.get("OPTIONS", {}).get("url", ""))
    reach = Reach([], [], reranker if reranker and is_outside(reranker) else "")
    for choice in endpoints.choices():
        described = endpoints.line_up(choice.name)[0].describe()
        if described.is_model:
            (reach.outside if is_remote(described) else reach.near).append(choice.title)
    return reach


def spec_of(rule: Rule) -> Spec:
    return Spec(rule.pk, rule.kind, rule.name, rule.options)
