"""A source that changed after its answer was written says so, and a page of the web leads to the live one."""

import io
import re
from typing import Any

import pytest

from accounts.models import User
from chat import export, freshness, services
from chat.models import Conversation, Message
from ingestion import rereading
from ingestion import services as ingestion_services
from ingestion.models import Collection, Document
from tests.chat.conftest import redis_url as redis_url
from tests.chat.handbook import fill
from tests.conftest import signed_in
from tests.ingestion.small_site import Site
from tests.ingestion.test_crawling import add, crawl
from tests.ingestion.test_crawling import site as site
from tests.ingestion.test_crawling import small as small
from tests.ingestion.test_reembedding import work

pytestmark = pytest.mark.django_db


def asked(owner: User, collection: Collection, question: str) -> Message:
    made = services.start_conversation(owner=owner, collections=[collection])
    services.answer_now(conversation=made, question=question)
    answer = made.messages.get(role="assistant")
    assert answer.citations
    return answer


def page(owner: User, conversation: Conversation) -> str:
    return signed_in(owner).get(conversation.get_absolute_url()).content.decode()


def test_a_document_that_changed_since_says_so(owner: User, collection: Collection) -> None:
    answer = asked(owner, fill(collection), "How high is the lighthouse?")
    assert "source-changed" not in page(owner, answer.conversation)
    cited = Document.objects.get(pk=answer.citations[0]["document_id"])
    rereading.reread_document(document=cited)
    work()
    assert "source-changed" not in page(owner, answer.conversation)
    rereading.replace_document(
        document=cited, file=io.BytesIO(b"# Another text\n\nThe tower is gone."), name=cited.name
    )
    work()
    html = page(owner, answer.conversation)
    assert "source-changed" in html
    assert re.search(r'data-changed="[^"]+"', html)
    services.answer_now(conversation=answer.conversation, question="What is gone?")
    later = answer.conversation.messages.latest("ordinal")
    freshness.remember([later])
    assert all(source["changed_at"] is None for source in freshness.cited_now(later))


def test_a_document_that_is_gone_is_told(owner: User, collection: Collection, small: Site) -> None:
    crawl(add(collection, small))
    work()
    answer = asked(owner, collection, "Who writes into the green notebook of the Northern ferry?")
    assert "removed since" not in page(owner, answer.conversation)
    for citation in answer.citations:
        ingestion_services.delete_document(document=Document.objects.get(pk=citation["document_id"]))
    assert "removed since" in page(owner, answer.conversation)
    (turn,) = export.as_object(answer.conversation, lambda path: f"https://kb.example{path}")["turns"]
    assert all(source["gone"] for source in turn["answer"]["sources"])
    text = export.export(answer.conversation, "md", lambda path: f"https://kb.example{path}").text
    assert "removed since" in text


def test_a_page_of_the_web_leads_to_the_live_one(owner: User, collection: Collection, small: Site) -> None:
    source = add(collection, small)
    crawl(source)
    work()
    answer = asked(owner, collection, "Who writes into the green notebook of the Northern ferry?")
    live = {str(item.document_id): item.path for item in source.items.all()}
    freshness.remember([answer])
    shown = freshness.cited_now(answer)
    assert [one["live"] for one in shown] == [live[one["document_id"]] for one in shown]
    html = page(owner, answer.conversation)
    assert f'class="live-link" href="{shown[0]["live"]}"' in html
    small.page("/ferries/north", "Northern ferry", text="The Northern ferry sails no more since the winter.")
    small.page("/lighthouse", "Lighthouse", text="The lamp is electric now, and nobody writes a notebook.")
    crawl(source)
    work()
    assert "source-changed" in page(owner, answer.conversation)
    (turn,) = export.as_object(answer.conversation, lambda path: f"https://kb.example{path}")["turns"]
    exported = turn["answer"]["sources"]
    assert [one["live_url"] for one in exported] == [one["live"] for one in shown]
    assert any(one.get("changed_at") for one in exported)
    text = export.export(answer.conversation, "md", lambda path: f"https://kb.example{path}").text
    assert f"](<{shown[0]['live']}>)" in text
    assert "changed since: " in text


def test_many_answers_take_as_many_queries_as_one(
    owner: User, collection: Collection, django_assert_num_queries: Any
) -> None:
    answer = asked(owner, fill(collection), "How high is the lighthouse?")
    services.answer_now(conversation=answer.conversation, question="Who was its keeper?")
    answers = list(answer.conversation.messages.filter(role="assistant"))
    with django_assert_num_queries(3):
        freshness.remember(answers)
        for one in answers:
            freshness.cited_now(one)
