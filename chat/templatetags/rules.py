"""How rules and what they did are shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template

from chat.rules.kinds import KINDS
from chat.rules.models import Rule
from chat.rules.records import in_words

register = template.Library()


@register.filter
def summary(rule: Rule) -> str:
    """What is set, in a few words; "" where there is nothing to set."""
    return KINDS[rule.kind].summary(rule.options)


@register.filter
def kind_of_rule(rule: Rule) -> str:
    return str(KINDS[rule.kind].title)


@register.filter
def applied_title(applied: Mapping[str, Any]) -> str:
    """The name that the rule had, else its kind's."""
    kind = KINDS.get(applied["kind"])
    return str(applied["name"] or (kind.title if kind else applied["kind"]))


@register.filter
def applied_words(applied: Mapping[str, Any]) -> str:
    return in_words(applied)


@register.filter
def place_of(rules: Sequence[Rule], rule: Rule) -> int:
    """From 1."""
    return list(rules).index(rule) + 1
