"""Golden sets by hand: making and changing them, their questions, and which passages are right."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from ingestion.errors import IngestionError
from ingestion.models import Collection, Document, GoldenJudgement, GoldenQuestion, GoldenSet

MOST_QUESTIONS = 10_000
LONGEST_QUESTION = 2000
_MOST_ANSWERS = 50


class BadGoldenSet(IngestionError):
    """A name, question or file that cannot be used."""

    code = "bad_golden_set"


@dataclass(frozen=True, slots=True)
class Right:
    """What answers a question: ``document``, or its passage ``start`` to ``end``; or ``named`` only, where
    no document is called so (yet)."""

    document: Document | None
    named: str = ""
    start: int = 0
    end: int = 0
    quote: str = ""
    gain: int = 1


def create_set(*, collection: Collection, name: str, by: User | None = None) -> GoldenSet:
    """Raises ``BadGoldenSet`` where the name is empty, too long or taken."""
    name = _clean_name(name)
    try:
        with transaction.atomic():
            return GoldenSet.objects.create(collection=collection, name=name, created_by=by)
    except IntegrityError as error:
        raise _taken(name) from error


def rename_set(*, golden_set: GoldenSet, name: str) -> None:
    """Raises as ``create_set``."""
    name = _clean_name(name)
    try:
        with transaction.atomic():
            GoldenSet.objects.filter(pk=golden_set.pk).update(name=name, updated_at=timezone.now())
    except IntegrityError as error:
        raise _taken(name) from error


def delete_set(*, golden_set: GoldenSet) -> None:
    """With its questions and runs. Those in work notice, and their trial indexes are cleared away."""
    golden_set.delete()


def default_set(*, collection: Collection, by: User | None = None) -> GoldenSet:
    """The one that was added to last, made when there is none."""
    found = collection.golden_sets.order_by("-updated_at").first()
    if found is not None:
        return found
    with transaction.atomic():
        return GoldenSet.objects.get_or_create(
            collection=collection, name=_("Golden questions"), defaults={"created_by": by}
        )[0]


def add_question(
    *,
    golden_set: GoldenSet,
    text: str,
    answers: Sequence[str] = (),
    is_answerable: bool = True,
    rights: Sequence[Right] = (),
    key: str = "",
) -> tuple[GoldenQuestion, bool]:
    """The question with what answers it, and whether it is new: one that the set has already gets the
    further passages and answers. Raises ``BadGoldenSet``."""
    text = _clean_question(text)
    with transaction.atomic():
        question = GoldenQuestion.objects.filter(golden_set=golden_set, digest=digest_of(text)).first()
        is_new = question is None
        if question is None:
            if golden_set.questions.count() >= MOST_QUESTIONS:
                said = _("A golden set holds %(most)d questions at most. Begin another one.")
                raise BadGoldenSet(said % {"most": MOST_QUESTIONS}, code="too_many")
            question = GoldenQuestion.objects.create(
                golden_set=golden_set,
                text=text,
                digest=digest_of(text),
                key=key[:200],
                is_answerable=is_answerable,
                answers=_clean_answers(answers),
            )
        elif answers:
            question.answers = _clean_answers([*question.answers, *answers])
            question.save(update_fields=["answers"])
        for right in rights:
            add_right(question=question, right=right)
        GoldenSet.objects.filter(pk=golden_set.pk).update(updated_at=timezone.now())
    return question, is_new


def add_right(*, question: GoldenQuestion, right: Right) -> bool:
    """Whether this is new. A question that something answers counts as answerable."""
    same = question.judgements.filter(document=right.document, start=right.start, end=right.end)
    if right.document is None:
        same = same.filter(named=right.named[:1000])
    if same.exists():
        return False
    GoldenJudgement.objects.create(
        question=question,
        document=right.document,
        named=(right.named or (right.document.name if right.document else ""))[:1000],
        start=right.start,
        end=right.end,
        quote=right.quote,
        gain=max(1, min(right.gain, 100)),
    )
    if not question.is_answerable:
        question.is_answerable = True
        question.save(update_fields=["is_answerable"])
    return True


def edit_question(
    *, question: GoldenQuestion, text: str, answers: Sequence[str], is_answerable: bool
) -> None:
    """Raises ``BadGoldenSet``, also where the set has this question already."""
    question.text = _clean_question(text)
    question.digest = digest_of(question.text)
    question.answers = _clean_answers(answers)
    question.is_answerable = is_answerable
    try:
        with transaction.atomic():
            question.save()
    except IntegrityError as error:
        raise BadGoldenSet(_("This question is in the set already."), code="known_question") from error


def delete_question(*, question: GoldenQuestion) -> None:
    question.delete()


def delete_right(*, judgement: GoldenJudgement) -> None:
    judgement.delete()


def digest_of(text: str) -> str:
    """Of a question without case, width and outer punctuation."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(" ?!.。")
    return blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _clean_name(name: str) -> str:
    name = " ".join(name.replace("\0", " ").split())
    if not name:
        raise BadGoldenSet(_("Give the golden set a name."))
    if len(name) > 80:
        raise BadGoldenSet(_("The name is longer than 80 characters. Choose a shorter one."))
    return name


def _clean_question(text: str) -> str:
    text = " ".join(text.replace("\0", " ").split())
    if not text:
        raise BadGoldenSet(_("Type a question first."))
    if len(text) > LONGEST_QUESTION:
        said = _("The question has %(length)d characters; at most %(limit)d are allowed. Shorten it.")
        raise BadGoldenSet(said % {"length": len(text), "limit": LONGEST_QUESTION})
    return text


def _clean_answers(answers: Sequence[str]) -> list[str]:
    cleaned = (" ".join(answer.replace("\0", " ").split())[:1000] for answer in answers)
    return list(dict.fromkeys(answer for answer in cleaned if answer))[:_MOST_ANSWERS]


def _taken(name: str) -> BadGoldenSet:
    said = _("This collection has a golden set “%(name)s” already. Choose another name.")
    return BadGoldenSet(said % {"name": name}, code="name_taken")
