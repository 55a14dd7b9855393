"""Writes of verified answers. The caller has made sure that ``by`` may edit all ``collections``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.citation_marks import take_out
from chat.rules.objecting import objections
from chat.rules.selectors import specs_for
from chat.verified.errors import BadVerified
from chat.verified.freshness import changes
from chat.verified.models import VerifiedAnswer, VerifiedQuestion
from ingestion.golden_sets import digest_of
from ingestion.models import Collection, Document

LONGEST_QUESTION = 500
LONGEST_ANSWER = 20_000
MOST_WORDINGS = 20
MOST_ANSWERS = 5000


@dataclass(frozen=True, slots=True)
class Content:
    """``questions`` are wordings of one question, ``citations`` as ``chat.models.Message`` keeps them, whose
    numbers ``text`` names."""

    questions: Sequence[str]
    text: str
    citations: Sequence[Mapping[str, Any]]
    collections: Sequence[Collection]


def verify(*, by: User, content: Content, answer: VerifiedAnswer | None = None) -> VerifiedAnswer:
    """Stores a new one, or what an editor made of ``answer``: both are verified by ``by``, now. Raises
    ``BadVerified``, with nothing stored."""
    questions, text = _clean_questions(content.questions), _clean_text(content.text)
    citations = _clean_citations(text, content)
    _refuse_against_rules(text, content.collections)
    with transaction.atomic():
        _refuse_taken(questions, content.collections, answer)
        verified = answer or VerifiedAnswer()
        verified.text, verified.citations = text, citations
        _sign(verified, by)
        verified.save()
        verified.collections.set(content.collections)
        VerifiedQuestion.objects.filter(verified=verified).delete()
        VerifiedQuestion.objects.bulk_create(
            VerifiedQuestion(verified=verified, place=place, text=each)
            for place, each in enumerate(questions)
        )
    return verified


def confirm(*, by: User, answer: VerifiedAnswer) -> None:
    """It is still right although a source changed. Raises ``BadVerified`` where one is gone, for then it has
    nothing to rest on there, and where a rule of the site stands against it: both must be edited."""
    gone = [each.document for each in changes([answer]).get(answer.pk, []) if each.kind == "gone"]
    if gone:
        said = _("“%(document)s” was deleted: edit the answer, so that it rests on documents that are there.")
        raise BadVerified(said % {"document": gone[0]})
    _refuse_against_rules(answer.text, answer.collections.all())
    _sign(answer, by)
    answer.save(update_fields=["verified_by", "verified_at", "updated_at"])


def unpin(*, answer: VerifiedAnswer) -> None:
    """It is given no more; answers already given stay in their conversations."""
    answer.delete()


def _sign(answer: VerifiedAnswer, by: User) -> None:
    answer.verified_by, answer.verified_at = by, timezone.now()


def _clean_questions(given: Sequence[str]) -> list[str]:
    lines = (" ".join(each.replace("\x00", "").split()) for each in given)
    questions = list({digest_of(line): line for line in lines if line}.values())
    if not questions:
        raise BadVerified(_("Type the question that it answers."))
    if len(questions) > MOST_WORDINGS:
        raise BadVerified(_("At most %(most)d wordings: leave some out.") % {"most": MOST_WORDINGS})
    longest = max(len(each) for each in questions)
    if longest > LONGEST_QUESTION:
        said = _("A question has %(length)d characters; at most %(limit)d are allowed. Shorten it.")
        raise BadVerified(said % {"length": longest, "limit": LONGEST_QUESTION})
    return questions


def _clean_text(given: str) -> str:
    text = given.replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        raise BadVerified(_("Type the answer."))
    if len(text) > LONGEST_ANSWER:
        said = _("The answer has %(length)d characters; at most %(limit)d are allowed. Shorten it.")
        raise BadVerified(said % {"length": len(text), "limit": LONGEST_ANSWER})
    return text


def _clean_citations(text: str, content: Content) -> list[dict[str, Any]]:
    if not content.collections:
        raise BadVerified(_("Choose at least one collection."))
    citations = sorted((dict(each) for each in content.citations), key=lambda each: int(each["n"]))
    if not citations:
        raise BadVerified(_("Tick at least one source: a verified answer says what it rests on."))
    numbers = {each["n"] for each in citations}
    missing = sorted({mark.n for mark in take_out(text)[1]} - numbers)
    if missing:
        said = _("The answer cites [%(n)d], but that source is not ticked: tick it, or take the number out.")
        raise BadVerified(said % {"n": missing[0]})
    documents = Document.objects.filter(pk__in={each["document_id"] for each in citations})
    homes = {str(pk): home for pk, home in documents.values_list("pk", "collection_id")}
    chosen = {each.pk for each in content.collections}
    for each in citations:
        home = homes.get(each["document_id"])
        if home is None:
            said = _("“%(document)s” is not there any more: leave this source out.")
            raise BadVerified(said % {"document": each["document"]})
        if home not in chosen:
            said = _(
                "“%(document)s” is in the collection “%(collection)s”: tick this collection too, so that "
                "only who may read it gets the answer."
            )
            raise BadVerified(said % {"document": each["document"], "collection": each["collection"]})
    return citations


def _refuse_against_rules(text: str, collections: Iterable[Collection]) -> None:
    """It is given word for word, so nothing in it may be what a rule would change."""
    against = objections(text, specs_for(list(collections)))
    if against:
        raise BadVerified(against[0])


def _refuse_taken(
    questions: Sequence[str], collections: Sequence[Collection], own: VerifiedAnswer | None
) -> None:
    """One question has one verified answer in a collection."""
    beside = VerifiedAnswer.objects.filter(collections__in=[each.pk for each in collections])
    beside = beside.exclude(pk=own.pk) if own else beside
    if own is None and beside.count() >= MOST_ANSWERS:
        raise BadVerified(_("A collection has %(most)d verified answers at most.") % {"most": MOST_ANSWERS})
    wanted = {digest_of(each): each for each in questions}
    for text in VerifiedQuestion.objects.filter(verified__in=beside.values("pk")).values_list(
        "text", flat=True
    ):
        if digest_of(text) in wanted:
            said = _("“%(question)s” has a verified answer already: edit that one.")
            raise BadVerified(said % {"question": wanted[digest_of(text)]})
