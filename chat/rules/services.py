"""Writes of rules. Each counts from the next answer on."""

import logging
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from chat.rules.kinds import KINDS
from chat.rules.models import Rule
from ingestion.models import Collection

logger = logging.getLogger(__name__)


@transaction.atomic
def save_rule(*, rule: Rule, collections: Iterable[Collection], by: User | None = None) -> Rule:
    """Saves a new or changed rule; a new one goes to the end. What was told of its trouble is forgotten."""
    if rule._state.adding:
        last = Rule.objects.aggregate(last=Max("position"))["last"]
        rule.position = 0 if last is None else last + 1
    rule.changed_by, rule.trouble, rule.trouble_at = by, "", None
    rule.save()
    rule.collections.set([] if rule.is_everywhere else collections)
    return rule


def delete_rule(*, rule: Rule) -> None:
    """Messages keep what was recorded of it."""
    rule.delete()


def switch(*, rule: Rule, on: bool) -> None:
    Rule.objects.filter(pk=rule.pk).update(
        is_enabled=on, **({"trouble": "", "trouble_at": None} if on else {}), updated_at=timezone.now()
    )


@transaction.atomic
def move(*, rule: Rule, up: bool) -> tuple[int, int]:
    """One place up or down among the rules of its stage; its place then, from 1, and how many there are."""
    stage = KINDS[rule.kind].stage
    kinds = [kind.name for kind in KINDS.values() if kind.stage == stage]
    rows = list(Rule.objects.select_for_update().filter(kind__in=kinds).order_by("position", "pk"))
    place = next((n for n, row in enumerate(rows) if row.pk == rule.pk), 0)
    other = place - 1 if up else place + 1
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
        place = other
    for position, row in enumerate(rows):
        row.position = position
    Rule.objects.bulk_update(rows, ["position"])
    return place + 1, len(rows)


def put_slow_aside(*, rule_id: int, pattern: str) -> None:
    """A pattern took too long while an answer was written, and the page of rules says so. The rule goes out
    of use, unless personal data would leave without it: then texts that are too much for it are not sent."""
    told = {"trouble": pattern, "trouble_at": timezone.now()}
    in_use = Rule.objects.filter(pk=rule_id, is_enabled=True)
    if in_use.filter(kind="mask").update(**told):
        logger.warning("rule %s kept a text from a model: its pattern %r took too long", rule_id, pattern)
    elif in_use.update(is_enabled=False, **told):
        logger.warning("rule %s was switched off: its pattern %r took too long", rule_id, pattern)
