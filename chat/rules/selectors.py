"""Reads of rules."""

from collections.abc import Sequence

from django.db.models import Q
from django.shortcuts import get_object_or_404

from chat.rules.applying import Spec
from chat.rules.kinds import KINDS, Stage
from chat.rules.models import Rule
from ingestion.models import Collection


def rules_of_stage(stage: Stage) -> list[Rule]:
    """In their order, with their collections."""
    kinds = [kind.name for kind in KINDS.values() if kind.stage == stage]
    return list(Rule.objects.filter(kind__in=kinds).prefetch_related("collections"))


def get_rule(rule_id: int) -> Rule:
    """Raises ``Http404``."""
    return get_object_or_404(Rule, pk=rule_id, kind__in=KINDS)


def specs_for(collections: Sequence[Collection]) -> list[Spec]:
    """What counts where ``collections`` are searched, in order; one query."""
    chosen = Rule.collections.through.objects.filter(collection__in=collections).values("rule")
    rows = Rule.objects.filter(Q(is_everywhere=True) | Q(pk__in=chosen), is_enabled=True, kind__in=KINDS)
    return [spec_of(rule) for rule in rows]


def spec_of(rule: Rule) -> Spec:
    return Spec(rule.pk, rule.kind, rule.name, rule.options)
