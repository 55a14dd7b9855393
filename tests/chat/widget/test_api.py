"""What a visitor's frame may do, and what is refused."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http.response import HttpResponseBase
from django.test import AsyncClient, Client
from django.utils import timezone

from accounts import rate_limits
from accounts.models import User
from chat.feedback.models import Feedback
from chat.models import Conversation, Message
from chat.widget import services, tokens
from chat.widget.models import Widget
from chat.writers import writers
from ingestion.models import Collection
from tests.chat.widget.conftest import HOME
from tests.conftest import signed_in

QUESTION = "How high is the lighthouse?"
OURS = "http://testserver"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


@pytest.fixture(autouse=True)
def _counts_anew() -> Iterator[None]:
    rate_limits.reset()
    yield
    rate_limits.reset()


@dataclass
class Frame:
    """A visitor's frame, without any cookie."""

    widget: Widget
    token: str = ""

    def post(self, path: str, body: object = None, origin: str = OURS, token: str | None = None) -> Any:
        return Client().post(
            f"/api/v1/widgets/{self.widget.pk}/{path}",
            json.dumps(body or {}),
            content_type="application/json",
            headers={"Origin": origin, "X-Widget-Token": self.token if token is None else token},
        )

    def enter(self, origin: str = HOME, **more: object) -> Any:
        answer = self.post("session", {"origin": origin, **more}).json()
        self.token = answer["token"]
        return answer

    def ask(self, question: str = QUESTION, conversation: str | None = None) -> Any:
        return self.post("questions", {"question": question, "conversation": conversation}).json()

    def read(self, answer: str, **headers: str) -> str:
        path = f"/api/v1/widgets/{self.widget.pk}/answers/{answer}/stream"
        told = {"X-Widget-Token": self.token, **headers}

        async def events() -> str:
            response: HttpResponseBase = await AsyncClient().get(path, headers=told)
            assert response.status_code == 200
            return "".join([part.decode() async for part in response])  # type: ignore[attr-defined]

        return str(async_to_sync(events)())


@pytest.fixture
def frame(widget: Widget) -> Frame:
    made = Frame(widget)
    made.enter()
    return made


def html_of(events: str) -> str:
    last = events.strip().split("\n\n")[-1]
    assert "event: done" in last
    return str(json.loads(last.split("data: ", 1)[1])["html"])


def test_a_visitor_asks_reads_and_finds_it_again(frame: Frame, owner: User) -> None:
    asked = frame.ask()
    html = html_of(frame.read(asked["answer"]))
    assert "42 metres high" in html and 'class="cite"' in html and "<blockquote" in html
    assert "href" not in html and "/documents/" not in html  # the collection is private
    again = Frame(frame.widget).post(
        "session", {"origin": HOME, "token": frame.token, "conversation": asked["conversation"]}
    )
    assert QUESTION in again.json()["turns"][0] and "42 metres" in again.json()["turns"][0]
    talk = frame.widget.talks.get()
    assert (talk.origin, talk.is_preview) == (HOME, False)
    assert talk.conversation.owner == frame.widget.account != owner


def test_documents_of_a_public_collection_are_linked(frame: Frame) -> None:
    Collection.objects.update(visibility="public")
    assert 'href="/documents/' in html_of(frame.read(frame.ask()["answer"]))


def test_an_answer_can_be_stopped_and_written_again(frame: Frame) -> None:
    answer = frame.ask()["answer"]
    frame.read(answer)
    assert frame.post(f"answers/{answer}/stop").status_code == 200
    again = frame.post(f"answers/{answer}/retry").json()
    assert "42 metres high" in html_of(frame.read(again["answer"]))


def test_a_visitor_says_whether_it_helped(frame: Frame, owner: User) -> None:
    asked = frame.ask()
    frame.read(asked["answer"])
    assert frame.post(f"answers/{asked['answer']}/thumb", {"thumb": "up"}).status_code == 200
    assert frame.post(f"answers/{asked['answer']}/thumb", {"thumb": "down"}).status_code == 200
    assert frame.post(f"answers/{asked['answer']}/thumb", {"thumb": "sideways"}).status_code == 422
    given = Feedback.objects.get()
    assert (given.thumb, given.by) == ("down", frame.widget.account)
    page = signed_in(owner).get(f"{frame.widget.get_absolute_url()}conversations/{asked['conversation']}/")
    assert "this did not help" in page.content.decode()
    services.delete_talks(widget=frame.widget)
    assert not Feedback.objects.exists()  # it holds a copy of what was said


def test_a_page_of_another_origin_gets_no_token(widget: Widget) -> None:
    for origin in ("https://evil.example", "http://shop.example", "https://shop.example:8443", "null", ""):
        refused = Frame(widget).post("session", {"origin": origin})
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/widget_origin"), origin
    assert (
        "evil.example" in Frame(widget).post("session", {"origin": "https://evil.example"}).json()["detail"]
    )


def test_scripts_of_other_sites_are_refused_even_where_the_widget_is_allowed(frame: Frame) -> None:
    for origin in (HOME, "https://evil.example"):
        refused = frame.post("questions", {"question": QUESTION}, origin=origin)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/widget_origin")
    assert not Message.objects.exists()


def test_only_ones_own_token_opens_only_ones_own_answers(frame: Frame, widget: Widget, owner: User) -> None:
    answer = frame.ask()["answer"]
    other = Frame(widget)
    other.enter()
    assert other.post(f"answers/{answer}/stop").status_code == 404
    assert other.post(f"answers/{answer}/retry").status_code == 404
    second = services.make_widget(collection=widget.collection, by=owner, name="Two", origins=[HOME])
    for token in ("", "made-up", frame.token + "x", tokens.sealed(tokens.new_visitor(second.pk, HOME))):
        assert frame.post("questions", {"question": QUESTION}, token=token).status_code == 401


def test_what_an_editor_changes_holds_at_once_for_open_chats(frame: Frame) -> None:
    services.change_widget(widget=frame.widget, origins=["https://elsewhere.example"])
    assert frame.post("questions", {"question": QUESTION}).status_code == 403
    services.change_widget(widget=frame.widget, origins=[HOME], is_on=False)
    refused = frame.post("questions", {"question": QUESTION})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/widget_off")


def test_limits_of_a_visitor_and_of_a_day(frame: Frame) -> None:
    services.change_widget(widget=frame.widget, visitor_limit=1, daily_limit=3)
    frame.read(frame.ask()["answer"])
    refused = frame.post("questions", {"question": QUESTION})
    assert refused.status_code == 429 and 3500 < int(refused["Retry-After"]) <= 3600
    assert "60 min" in refused.json()["detail"]
    for _visitor in range(2):
        frame.token = ""
        frame.enter()
        frame.read(frame.ask()["answer"])
    frame.token = ""
    frame.enter()
    refused = frame.post("questions", {"question": QUESTION})
    assert refused.status_code == 429 and "within a day" in refused.json()["detail"]


def test_a_new_token_is_no_way_around_the_limit(frame: Frame) -> None:
    services.change_widget(widget=frame.widget, visitor_limit=1)
    codes = []
    for _visitor in range(6):
        frame.token = ""
        frame.enter()
        codes.append(frame.post("questions", {"question": QUESTION}).status_code)
    assert codes == [200] * 5 + [429]


def test_conversations_are_forgotten_after_their_days(frame: Frame) -> None:
    asked = frame.ask()
    writers.wait()
    kept = frame.ask(conversation=None)
    writers.wait()
    old = timezone.now() - timedelta(days=31)
    Conversation.objects.filter(pk=asked["conversation"]).update(updated_at=old)
    assert services.forget_old() == 1
    assert [str(pk) for pk in Conversation.objects.values_list("pk", flat=True)] == [kept["conversation"]]
