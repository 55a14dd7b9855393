"""Makes one pending insight: reads what it needs, runs the maker of its kind, keeps the row up to date.

Runs in any thread. No database connection is held while a model writes or a page is fetched, and few of those
that need no model run at the same time: they keep a core busy.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chat import selectors
from chat.connections import release_connections
from chat.errors import ChatError, UnknownModelName
from chat.events import Failure, QuestionError
from chat.insights import facts, fetching, from_whole, related, summaries, translating
from chat.insights.asking import able
from chat.insights.errors import Stopped
from chat.insights.kinds import Kind
from chat.insights.made import Made, Maker, Task, fields_of
from chat.insights.models import Insight, Material
from chat.insights.progress import Work
from chat.insights.subjects import subject_of
from chat.rules.loading import ruled
from llm.errors import LLMError
from llm.types import Backend
from search.errors import SearchError

logger = logging.getLogger(__name__)

MAKERS: Mapping[str, Maker] = {
    Kind.SUMMARY: summaries.summary,
    Kind.FACT: facts.fact,
    Kind.QUESTIONS: from_whole.questions,
    Kind.SENTIMENT: from_whole.sentiment,
    Kind.TRANSLATION: translating.translation,
    Kind.RELATED: related.related,
    Kind.GENERATED: from_whole.generated,
}
COMPUTING_AT_ONCE = 2
Status = Insight.Status

_computing = threading.BoundedSemaphore(COMPUTING_AT_ONCE)


def make(work: Work, language: str) -> None:
    """Ends with the row done, failed or stopped. Never raises."""
    with translation.override(language):
        try:
            _make(work, language)
        except Stopped:
            logger.info("insight %s is no longer wanted", work.insight_id)
        except LLMError as error:
            _fail(work, error.public, error.code, Failure.of(error, ""))
        except (QuestionError, ChatError) as error:
            _fail(work, str(error), error.code)
        except SearchError as error:
            _fail(work, str(error), "search_unavailable")
        except Exception:
            logger.exception("insight %s failed", work.insight_id)
            _fail(work, _("Something went wrong on the way. Try again; the log says more."), "internal")
        release_connections()


def _make(work: Work, language: str) -> None:
    work.save(status=Status.WORKING)
    insight = Insight.objects.select_related("owner", "material", "document__collection").get(
        pk=work.insight_id
    )
    if insight.material is not None and insight.material.url and not insight.material.text:
        _fetch(work, insight.material)
    subject = subject_of(insight)
    rules = ruled(subject.collections, language)
    task = Task(
        subject,
        insight.parameters,
        backends_of(insight.endpoint, subject.llm),
        language,
        insight.owner,
        work,
        rules,
    )
    release_connections()
    made = _ruled(insight.kind, task)
    work.save(**fields_of(made), digest=subject.digest)


def _ruled(kind: str, task: Task) -> Made:
    """What is made by the site's rules; the engine of the chat, which finds facts, keeps to them itself."""
    rules = task.rules
    if kind == Kind.FACT:
        made = facts.fact(task)
    else:
        if reply := rules.refusal(task.wanted.get("wish") or ""):
            return Made(text=reply, refused=True, data={"rules": rules.applied()})
        made = _computed(kind, replace(task, backends=rules.outgoing(task.backends)))
        if made.text:
            text = rules.part(made.text)
            # What is shown part by part has the notices behind its parts.
            notice = text.removeprefix(made.text).strip()
            made = replace(made, text=text, data={**made.data, "notice": notice} if notice else made.data)
    made.data["rules"] = rules.applied()
    return made


def _computed(kind: str, task: Task) -> Made:
    """What keeps a core busy waits for its turn; what waits for a model does not."""
    if kind in (Kind.RELATED, Kind.SUMMARY) and (kind == Kind.RELATED or not able(task.backends)):
        with _computing:
            task.work.tick()
            return MAKERS[kind](task)
    return MAKERS[kind](task)


def backends_of(name: str, of_collection: str = "") -> list[Backend]:
    """The models to try: the chosen one, else the collection's, else the site's default. A choice that is
    gone counts as none."""
    for chosen in (name, of_collection):
        try:
            if chosen:
                return selectors.backends(chosen)
        except UnknownModelName:
            logger.info("the model %s is no longer in use", chosen)
    return selectors.backends("")


def _fetch(work: Work, material: Material) -> None:
    work.take("fetching")
    page = fetching.fetched(material.url)
    fields: dict[str, Any] = {
        "url": page.url[:2000],
        "title": page.title[:300],
        "language": page.language[:10],
        "text": page.text,
        "fetched_at": timezone.now(),
    }
    Material.objects.filter(pk=material.pk).update(**fields)
    for name, value in fields.items():
        setattr(material, name, value)


def _fail(work: Work, message: str, code: str, failure: Failure | None = None) -> None:
    said = failure.detail if failure and failure.detail else message
    logger.warning("insight %s failed (%s): %s", work.insight_id, code, said)
    failures = [asdict(failure)] if failure else []
    try:
        work.save(status=Status.FAILED, error=message, error_code=code, step="", failures=failures)
    except Stopped:
        return
