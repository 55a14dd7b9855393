"""An insight as a Markdown file: its text with numbers, and its sources with their quotes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chat.cited import url
from chat.export import File
from chat.extractive import NAME as EXTRACTIVE
from chat.insights.kinds import Kind
from chat.insights.models import Insight
from chat.insights.selectors import readable_now
from chat.markdown_text import escaped, harmless, link, quotation
from ingestion.access import Person
from ingestion.templatetags.passages import below_title, plain

_NAME_CHARS = 80


def in_markdown(user: Person, insight: Insight, whole: Callable[[str], str]) -> File:
    """``whole`` makes an address complete."""
    about = insight.document.shown_title if insight.document else str(insight.material)
    name = f"{about[:_NAME_CHARS]} {insight.get_kind_display()}.md"
    parts = [
        f"# {_line(about)}",
        f"## {_line(str(insight.get_kind_display()))}",
        _facts(insight, whole),
        *_said(user, insight, whole),
        *_sources(insight, whole),
        *(f"*{_line(note)}*" for note in insight.notes),
    ]
    return File(name, "text/markdown; charset=utf-8", "\n\n".join(part for part in parts if part) + "\n")


def _facts(insight: Insight, whole: Callable[[str], str]) -> str:
    made_by = _("quoted, no language model") if insight.model == EXTRACTIVE else insight.model
    facts = [
        (_("Question"), insight.parameters.get("question", "")),
        (_("Your wishes"), insight.parameters.get("wish", "")),
        (_("Written by"), made_by),
        (_("When"), date_format(timezone.localtime(insight.created_at), "DATETIME_FORMAT")),
    ]
    lines = [f"- {name}: {_line(value)}" for name, value in facts if value]
    return "\n".join([*lines, f"- {_('Address')}: <{whole(insight.get_absolute_url())}>"])


def _said(user: Person, insight: Insight, whole: Callable[[str], str]) -> Iterator[str]:
    if insight.kind == Kind.RELATED:
        for one in readable_now(user, insight):
            yield f"- {link(one['document'], whole(one['url']))} · {_line(one['collection'])}"
        return
    if label := insight.data.get("label"):
        yield f"**{_LABELS[label]()}**"
    if insight.model == EXTRACTIVE:
        yield from (escaped(plain(part)) for part in insight.text.split("\n\n"))
    else:
        yield harmless(insight.text)


_LABELS: Mapping[str, Callable[[], str]] = {
    "positive": lambda: _("Positive"),
    "negative": lambda: _("Negative"),
    "mixed": lambda: _("Mixed"),
    "neutral": lambda: _("Neutral"),
}


def _sources(insight: Insight, whole: Callable[[str], str]) -> Iterator[str]:
    if insight.citations:
        yield f"**{_('Sources used')}**"
        yield "\n".join(_source(citation, whole) for citation in insight.citations)


def _source(citation: Mapping[str, Any], whole: Callable[[str], str]) -> str:
    heading = below_title(citation.get("heading", ""), citation["document"])
    page = _("page %(page)s") % {"page": citation["page"]} if citation["page"] else ""
    named = link(citation["document"], whole(url(citation)))
    places = " · ".join([named, *map(_line, filter(None, [page, heading]))])
    return f"- **[{citation['n']}]** {places}\n\n  {quotation(plain(citation['quote']))}\n"


def _line(text: str) -> str:
    return escaped(" ".join(text.split()))
