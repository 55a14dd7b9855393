"""The Markdown of an exported conversation (see ``chat.export``). Numbers of sources stay as they are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import regex
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.citation_marks import Mark, take_out
from chat.extractive import NAME as EXTRACTIVE
from chat.fenced import paragraphs
from chat.markdown_text import escaped, harmless, link, quotation
from chat.memory import memory_words
from chat.placeholders import CITE, END, SIGN, SIGN_MARK, with_inserts, without_foreign, without_guards
from chat.weak_sentences import mark_after
from ingestion.templatetags.passages import below_title, plain

_Object = Mapping[str, Any]
_NEAR_CHARS = 300
_CITES = regex.compile(rf"(?:{CITE}\d+{END})+")
_NUMBER = regex.compile(r"\d+")


def in_markdown(exported: _Object) -> str:
    """``exported`` is what ``chat.export.as_object`` makes."""
    title = exported["title"] or _("Conversation")
    parts = [f"# {_one_line(title)}", _head(exported)]
    for number, turn in enumerate(exported["turns"], 1):
        parts += [
            f"## {_question_title(number, turn)} · {_date(turn['asked_at'])}",
            quotation(turn["question"]),
            "### " + _answer_title(turn["answer"]),
            *_answer(turn["answer"]),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _question_title(number: int, turn: _Object) -> str:
    if turn["question_versions"] == 1:
        return _("Question %(number)d") % {"number": number}
    told = {"number": number, "place": turn["question_version"], "count": turn["question_versions"]}
    return _("Question %(number)d, version %(place)d of %(count)d") % told


def _answer_title(answer: _Object) -> str:
    if answer["versions"] == 1:
        return _("Answer")
    told = {"place": answer["version"], "count": answer["versions"]}
    return _("Answer, version %(place)d of %(count)d") % told


def _head(exported: _Object) -> str:
    names = _(", ").join(_("“%(name)s”") % {"name": name} for name in exported["collections"])
    facts = [
        (_("Started"), _date(exported["started_at"])),
        (_("Exported"), _date(exported["exported_at"])),
        (_("Collections"), _one_line(names)),
        (_("Address"), f"<{exported['url']}>"),
        (_("Left out"), _left_out(exported["left_out"])),
    ]
    return _facts(facts)


def _left_out(count: int) -> str:
    told = ngettext(
        "%(count)d question or answer of other versions",
        "%(count)d questions and answers of other versions",
        count,
    )
    return told % {"count": count} if count else ""


def _answer(answer: _Object) -> Iterator[str]:
    if answer["refused"]:
        yield "**" + (_("Blocked topic") if _is_blocked(answer) else _("Not found in the documents")) + "**"
        yield escaped(answer["text"])
        yield from _sources(_("Nearest passages"), answer["sources_not_used"], numbered=False)
    else:
        yield _text(answer)
        yield _end(answer)
        yield from _sources(_("Sources used"), answer["sources"], numbered=True)
        yield from _sources(_("Found but not used"), answer["sources_not_used"], numbered=False)
    written_by = answer["model"]
    if written_by == EXTRACTIVE:
        written_by = _("Quotes from your documents, no language model")
    if answer["verified"]:
        written_by = _("An editor, who verified it") + f": {answer['verified']['by']}"
    about = _facts(
        [
            *((_("Note"), _one_line(note)) for note in answer["notes"]),
            (_("Conversation read"), memory_words(answer["history"])),
            *((_("Rule"), _one_line(rule["said"])) for rule in answer["rules"]),
            (_("Searched for"), _one_line(answer["searched_for"])),
            (_("Written by"), _one_line(written_by)),
            (_("Instructions for answers"), _one_line(answer["prompt_template"])),
        ]
    )
    if about:
        yield "**" + _("About this answer") + "**"
        yield about


def _is_blocked(answer: _Object) -> bool:
    return any(rule["kind"] == "blocked" and not rule["failed"] for rule in answer["rules"])


def _text(answer: _Object) -> str:
    if answer["model"] == EXTRACTIVE:
        parts = paragraphs(answer["text"])
        return "\n\n".join(f"```\n{part}\n```" if is_code else _quoted(part) for part, is_code in parts)
    bare, marks = take_out(without_foreign(answer["text"]))
    known = {source["n"] for source in answer["sources"]}
    inserts = [
        (mark_after(bare, mark.at), 1, f"{CITE}{mark.n}{END}") for mark in marks if mark.n in known
    ] + [
        (mark_after(bare, sentence["end"]), 2, f"{SIGN}{place}{END}")
        for place, sentence in enumerate(answer["sentences"])
        if sentence["reason"]
    ]
    return _shown(without_guards(harmless(with_inserts(bare, inserts))), answer["sentences"])


def _quoted(part: str) -> str:
    """A sentence quoted from a document, as its words, with its numbers."""
    bare, marks = take_out(part)
    shown, begin = "", 0
    for mark in [*marks, Mark(0, len(bare))]:
        words = escaped(plain(bare[begin : mark.at]))
        shown += f" {words}" if words else ""
        shown += ("" if shown.endswith("]") else " ") + f"[{mark.n}]" if mark.n else ""
        begin = mark.at
    return shown.strip()


def _shown(text: str, sentences: Sequence[_Object]) -> str:
    """Placeholders as numbers in brackets and as signs with their reasons."""

    def numbers(match: "regex.Match[str]") -> str:
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        listed = "".join(f"[{n}]" for n in _NUMBER.findall(match[0]))
        if after == ":":  # or it would define what a link leads to
            listed = listed.replace("[", r"\[").replace("]", r"\]")
        return listed if not before or before.isspace() or ord(before) >= 0x2E80 else f" {listed}"

    def sign(match: "regex.Match[str]") -> str:
        sentence = sentences[int(match[1])]
        unsupported = sentence["support"] == "unsupported"
        support = _("Not supported by the sources") if unsupported else _("Only partly supported")
        told = _("(⚠ %(support)s: %(reason)s)") % {"support": support, "reason": sentence["reason"]}
        return f" {_one_line(told)}"

    return str(SIGN_MARK.sub(sign, _CITES.sub(numbers, text)))


def _end(answer: _Object) -> str:
    """What is to be said of an answer that is not complete."""
    if answer["status"] == "done":
        return ""
    has_text = bool(answer["text"])
    told = {
        "stopped": _("You stopped this answer; this is the part written so far.")
        if has_text
        else _("You stopped this answer before its first word."),
        "interrupted": _("The site was restarted while this answer was written; this is the part received.")
        if has_text
        else _("The site was restarted before this answer began."),
        "failed": answer["error"],
    }.get(answer["status"], _("This answer was still being written when it was exported."))
    return quotation(f"⚠ {' '.join(told.split())}")


def _sources(title: str, sources: Sequence[_Object], *, numbered: bool) -> Iterator[str]:
    if sources:
        yield f"**{title}**"
        yield "\n".join(_source(source, numbered=numbered) for source in sources)


def _source(source: _Object, *, numbered: bool) -> str:
    heading = below_title(source.get("heading", ""), source["document"])
    page = _("page %(page)s") % {"page": source["page"]} if source["page"] else ""
    places = [page, heading, source.get("collection", ""), str(source.get("updated", ""))[:10]]
    if changed := source.get("changed_at"):
        places.append(_("changed since: %(time)s") % {"time": _date(changed)})
    if source.get("gone"):
        places.append(_("removed since"))
    live = source.get("live_url", "")
    number = f"**[{source['n']}]** " if numbered else ""
    names = [link(source["document"], source["url"]), *map(_one_line, filter(None, places))]
    named = " · ".join([*names, link(_("The live page"), live)] if live else names)
    quote = plain(source["quote"])
    shown = quote if numbered or len(quote) <= _NEAR_CHARS else f"{quote[:_NEAR_CHARS]}…"
    return f"- {number}{named}\n\n  {quotation(shown)}\n"


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    fact = _("%(name)s: %(value)s")
    return "\n".join("- " + fact % {"name": name, "value": value} for name, value in facts if value)


def _one_line(text: str) -> str:
    line = escaped(" ".join(text.split()))
    # A heading may end in signs that are not shown.
    return f"{line[:-1]}\\#" if line.endswith("#") else line


def _date(moment: str) -> str:
    parsed = parse_datetime(moment)
    return date_format(parsed, "DATETIME_FORMAT") if parsed else ""
