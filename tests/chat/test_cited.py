"""Stored citations lead to their words, whatever became of the index that they were found in."""

import re
from html import unescape
from urllib.parse import urlsplit

import pytest

from accounts.models import User
from chat import cited, selectors, services
from chat.models import Message
from ingestion.models import Collection, DocumentText
from tests.chat.handbook import fill
from tests.conftest import signed_in
from tests.ingestion.test_opening import built_anew

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer(owner: User, collection: Collection) -> Message:
    made = services.start_conversation(owner=owner, collections=[fill(collection)])
    return services.answer_now(conversation=made, question="How high is the lighthouse?")


def test_a_citation_is_clicked_after_the_index_was_built_anew(
    answer: Message, owner: User, collection: Collection
) -> None:
    client = signed_in(owner)
    html = client.get(answer.conversation.get_absolute_url()).content.decode()
    tag = re.search(r'<a class="cite"[^>]*>', html)
    assert tag is not None
    link = dict(re.findall(r'([\w-]+)="([^"]*)"', tag.group()))
    built_anew(collection)

    pane = client.get(
        f"/documents/{link['data-document-id']}/passage/{link['data-chunk']}/?at={link['data-at']}"
    )
    assert pane.status_code == 200
    page = client.get(unescape(link["href"]).partition("#")[0])
    for shown in (pane.content.decode(), page.content.decode()):
        assert '<mark class="word"' in shown
        assert "42 metres high" in re.sub(r"<[^>]+>", "", shown)
        assert "is gone" not in shown
        assert "has changed since" not in shown
    assert f'id="p={link["data-chunk"]}"' in page.content.decode()


def test_a_document_read_anew_with_another_text_is_said_to_have_changed(answer: Message, owner: User) -> None:
    address = cited.url(answer.citations[0]).partition("#")[0]
    texts = DocumentText.objects.filter(document_id=answer.citations[0]["document_id"])
    texts.update(text=texts.get().text.replace("42", "43"))
    html = signed_in(owner).get(address).content.decode()
    assert "The document has changed since" in html
    assert '<mark class="word"' not in html


def test_programs_get_the_address_of_the_words(answer: Message) -> None:
    citation = selectors.answer_object(answer)["citations"][0]
    address = urlsplit(citation["url"])
    assert f"at={citation['start']}-{citation['end']}-" in address.query
    assert address.fragment == f"p={citation['chunk_id']}"


def test_a_citation_without_a_place_keeps_its_address() -> None:
    old = {"url": "/documents/1/?p=a#p=a", "quote": "It is high."}
    assert cited.linked(old) == old
