"""Figures of golden sets, and the addresses of right passages, for templates."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from ingestion.golden_runs import run_name
from ingestion.golden_transfer import Report, summary
from ingestion.models import GoldenJudgement, GoldenRun
from ingestion.opening import quoted_at

register = template.Library()
register.filter(run_name)


@register.filter
def figure(figures: Mapping[str, Any], name: str) -> str:
    """With three decimals; "–" where there is none."""
    value = figures.get(name)
    return "–" if value is None else number_format(round(value, 3), 3)


@register.filter
def share(figures: Mapping[str, Any], name: str) -> str:
    """In percent."""
    value = figures.get(name)
    return "–" if value is None else f"{100 * value:.0f} %"


@register.filter
def signed(value: float) -> str:
    """With its sign, a real minus among them."""
    shown = number_format(round(abs(value), 3), 3)
    return f"{'−' if value < 0 else '+'}{shown}"


@register.filter
def figure_name(name: str) -> str:
    """As people read it."""
    names = {"ndcg@10": "nDCG@10", "mrr@10": "MRR@10"}
    recall = _("Recall")
    return names.get(name) or name.replace("recall", recall)


@register.filter
def right_url(judgement: GoldenJudgement) -> str:
    """The document, at the passage."""
    document = judgement.document
    if document is None:
        return ""
    at = quoted_at(judgement.start, judgement.end, judgement.quote)
    address = document.get_absolute_url()
    return f"{address}?p=-&at={at}#p=-" if at else address


@register.filter
def summed(report: Report) -> str:
    """A report in one sentence."""
    return summary(report)


@register.filter
def paired(before: GoldenRun, after: GoldenRun) -> tuple[GoldenRun, GoldenRun]:
    """Two runs in a row."""
    return before, after
