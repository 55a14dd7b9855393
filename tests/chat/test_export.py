"""A conversation as a file: numbers, refusals, unfinished answers, foreign text, and who may have it."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone, translation

from accounts.models import User
from accounts.services import create_api_key
from chat import services
from chat.export import as_object, export
from chat.models import Conversation, Message
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.chat.test_markdown_text import VIEWER
from tests.conftest import signed_in
from tests.llm.openai_stub import OpenAIStub, Reply, chunk

pytestmark = pytest.mark.django_db
QUESTION = "How high is the lighthouse?"


def absolute(path: str) -> str:
    return f"https://youju.example{path}"


@pytest.fixture
def conversation(owner: User, collection: Collection) -> Conversation:
    return services.start_conversation(owner=owner, collections=[fill(collection)])


def markdown(conversation: Conversation) -> str:
    return export(conversation, "md", absolute).text


def written(conversation: Conversation, text: str, **fields: Any) -> Message:
    """An answer as a model might have left it, with two sources numbered 2 and 5."""
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    known = answer.citations[0]
    citations = [
        known | {"n": 2},
        known | {"n": 5, "document": "Har[b]our *1*", "quote": "Boats | leave <3."},
    ]
    fields = {"model": "m", "citations": citations, "sentences": [], "sources": [], "notes": []} | fields
    Message.objects.filter(pk=answer.pk).update(text=text, **fields)
    answer.refresh_from_db()
    return answer


def weak(text: str, whole: str, support: str = "unsupported", **more: str) -> dict[str, Any]:
    start = whole.index(text)
    found = {"text": text, "start": start, "end": start + len(text), "support": support, "quotes": []}
    return found | more


def test_a_file_says_what_was_asked_answered_and_quoted(conversation: Conversation) -> None:
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    text = markdown(conversation)
    assert text.startswith(f"# {QUESTION}\n")
    assert f"> {QUESTION}" in text
    assert "42 metres high. [1]" in text
    html = VIEWER.render(text)
    address = f"https://youju.example/documents/{answer.citations[0]['document_id']}/?p="
    assert f'<strong>[1]</strong> <a href="{address}' in html
    assert "Handbook" in html
    assert "Quotes from your documents, no language model" in text


def test_code_below_a_quoted_sentence_stays_a_block(conversation: Conversation) -> None:
    code = "```\n# stash *it* [2]\n\n  <b>\n```"
    written(conversation, f"Run *this*: [2]\n\n{code}\n\nIt is high. [5]", model="extractive")
    text = markdown(conversation)
    assert f"Run this: [2]\n\n{code}\n\nIt is high. [5]\n" in text
    assert "<pre><code># stash *it* [2]\n\n  &lt;b&gt;\n</code></pre>" in VIEWER.render(text)


def test_numbers_stay_those_of_the_sources(conversation: Conversation) -> None:
    written(conversation, "It is high [2]. Boats leave [5][2]; nobody knows [9].\n\n[2]: so it is. 很老[5]。")
    html = VIEWER.render(markdown(conversation))
    words = unescape(re.sub(r"<[^>]+>", "", html))
    assert "It is high [2]. Boats leave [5][2]; nobody knows." in words
    assert "[2]: so it is. 很老[5]。" in words
    assert re.findall(r"<li>\s*<p><strong>\[(\d)\]</strong>", html) == ["2", "5"]
    assert "Har[b]our *1*" in words
    assert "Boats | leave <3." in words


def test_sentences_that_are_not_borne_out_say_so(conversation: Conversation) -> None:
    text = "It is *50. High* [2].\n\n| a |\n|---|\n| 1987 |\n\nIt is old."
    bare = text.replace(" [2]", "")
    sentences = [
        weak("It is *50.", bare) | {"reason": "figure_missing", "detail": "5|0"},
        weak("| 1987 |", bare, "partly") | {"quotes": [{"n": 2, "text": "x"}]},
        weak("It is old.", bare, "supported"),
    ]
    written(conversation, text, sentences=sentences)
    html = VIEWER.render(markdown(conversation))
    marked = "(⚠ Not supported by the sources: The cited passage does not mention 5|0.)"
    assert f"<em>50. {marked} High</em> [2]." in html
    assert (
        "<td>1987 (⚠ Only partly supported: The cited passages hold only a part of this sentence.)</td>"
        in html
    )
    assert html.count("⚠") == 2


def test_a_refusal_is_shown_as_one(conversation: Conversation) -> None:
    answer = services.answer_now(
        conversation=conversation, question="What does *quantum* [gravity] taste like?"
    )
    assert answer.refused
    text = markdown(conversation)
    words = unescape(re.sub(r"<[^>]+>", "", VIEWER.render(text)))
    assert "**Not found in the documents**" in text
    assert "do not hold an answer to “What does *quantum* [gravity] taste like?”" in words
    assert "Sources used" not in words
    assert ("Nearest passages" in words) == bool(answer.sources)


def test_a_broken_answer_keeps_its_part_and_says_why(conversation: Conversation, model: OpenAIStub) -> None:
    part = "It is 42 metres high [1].\n\n```\nunfinished"
    model.replies = [Reply(pieces=[chunk({"content": part})], drop=True)]
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    assert answer.status == "failed"
    html = VIEWER.render(markdown(conversation))
    assert "42 metres high [1]" in html
    assert "<pre><code>unfinished\n</code></pre>" in html
    assert re.search(r"<blockquote>\s*<p>⚠ [^<]*broke off", html)
    assert '<strong>[1]</strong> <a href="https://youju.example/' in html


@pytest.mark.parametrize(
    ("status", "text", "words"),
    [
        ("stopped", "It is", "You stopped this answer; this is the part"),
        ("stopped", "", "before its first word"),
        ("interrupted", "It is", "The site was restarted while"),
        ("streaming", "It is", "was still being written"),
    ],
)
def test_an_answer_that_ended_early(conversation: Conversation, status: str, text: str, words: str) -> None:
    written(conversation, text, status=status)
    assert words in markdown(conversation)


def test_foreign_text_is_shown_and_does_nothing(conversation: Conversation, model: OpenAIStub) -> None:
    model.say("![x](https://evil.example/?q=1) <img src=x> [2]: https://evil.example [1]")
    services.answer_now(
        conversation=conversation, question="# Is <b>it</b>\n- high [now](https://evil.example)?"
    )
    Conversation.objects.update(title="# A <b> [title](x) #")
    conversation.refresh_from_db()
    html = VIEWER.render(markdown(conversation))
    assert re.findall(r"<(?:img|b|script)\b", html) == []
    assert all(
        address.startswith("https://youju.example/") for address in re.findall(r'href="([^"]*)"', html)
    )
    assert "<h1># A &lt;b&gt; [title](x) #</h1>" in html
    assert "- high [now](https://evil.example)?" in html


def test_the_object_holds_everything_as_it_is(conversation: Conversation) -> None:
    text = "It is 50 high [2]."
    answer = written(
        conversation, text, sentences=[weak("It is 50 high.", "It is 50 high.")], notes=["A note."]
    )
    exported = json.loads(export(conversation, "json", absolute).text)
    assert exported == json.loads(
        json.dumps(as_object(conversation, absolute) | {"exported_at": exported["exported_at"]})
    )
    (turn,) = exported["turns"]
    assert (turn["question"], turn["answer"]["text"]) == (QUESTION, text)
    assert turn["answer"]["notes"] == ["A note."]
    assert turn["answer"]["sentences"][0]["support"] == "unsupported"
    assert turn["answer"]["sentences"][0]["reason"] == "No source is cited for this sentence."
    assert [source["n"] for source in turn["answer"]["sources"]] == [2, 5]
    assert turn["answer"]["sources"][0]["quote"] == answer.citations[0]["quote"]
    assert turn["answer"]["sources"][0]["url"].startswith("https://youju.example/documents/")


def test_the_number_of_queries_does_not_grow(
    conversation: Conversation, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        services.answer_now(conversation=conversation, question=QUESTION)
    conversation.owner  # noqa: B018
    with django_assert_num_queries(7):
        export(conversation, "md", absolute)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("How high is it?", "How high is it"),
        ("灯塔有多高？", "灯塔有多高？"),
        ('../a\\b: c|d\n"e"\u202e%', ".. a b c d e".strip(" .")),
        ("...", "Conversation"),
        ("x" * 120, "x" * 80),
    ],
)
def test_the_file_is_named_after_the_title(
    conversation: Conversation, owner: User, title: str, name: str
) -> None:
    Conversation.objects.update(title=title)
    answer = signed_in(owner).get(f"/chat/{conversation.pk}/export?format=json")
    whole = f"{name} {timezone.localdate():%Y-%m-%d}.json"
    named = f'filename="{whole}"' if whole.isascii() else f"filename*=utf-8''{quote(whole)}"
    assert answer["Content-Disposition"] == f"attachment; {named}"


def test_it_is_told_in_the_readers_language(conversation: Conversation) -> None:
    services.answer_now(conversation=conversation, question=QUESTION)
    with translation.override("zh-hans"):
        assert "**采用的来源**" in markdown(conversation)


def test_the_page_offers_both_files(conversation: Conversation, owner: User) -> None:
    client, address = signed_in(owner), f"/chat/{conversation.pk}/export?format="
    assert address not in client.get(conversation.get_absolute_url()).content.decode()
    services.answer_now(conversation=conversation, question=QUESTION)
    page = client.get(conversation.get_absolute_url()).content.decode()
    for form, kind in (("md", "text/markdown; charset=utf-8"), ("json", "application/json; charset=utf-8")):
        assert f'href="{address}{form}"' in page
        answer = client.get(f"{address}{form}")
        assert (answer.status_code, answer["Content-Type"]) == (200, kind)
        assert "http://testserver/documents/" in answer.content.decode()
    assert client.get(f"{address}pdf").status_code == 404


def test_only_its_owner_gets_it(
    conversation: Conversation, owner: User, teammate: User, stranger: User, admin: User
) -> None:
    for person in (teammate, stranger, admin):
        assert signed_in(person).get(f"/chat/{conversation.pk}/export").status_code == 404
        assert api(person, conversation).status_code == 404
    assert "login" in Client().get(f"/chat/{conversation.pk}/export")["Location"]
    assert Client().get(f"/api/v1/chat/{conversation.pk}/export").status_code == 401


def test_programs_get_it_too(conversation: Conversation, owner: User) -> None:
    services.answer_now(conversation=conversation, question=QUESTION)
    assert api(owner, conversation).content.decode().startswith(f"# {QUESTION}")
    assert api(owner, conversation, "?format=json").json()["turns"][0]["question"] == QUESTION
    refused = api(owner, conversation, "?format=pdf")
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")


def api(user: User, conversation: Conversation, query: str = "") -> Any:
    _key, text = create_api_key(user=user, name="test")
    headers = {"Authorization": f"Bearer {text}"}
    return Client().get(f"/api/v1/chat/{conversation.pk}/export{query}", headers=headers)
