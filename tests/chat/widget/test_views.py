"""The editors' pages, and what other websites load."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from chat import services as chat_services
from chat.models import Conversation
from chat.widget import services, showing
from chat.widget.models import Widget
from chat.widget.tokens import new_visitor
from ingestion import services as ingestion_services
from ingestion.models import Collection
from tests.chat.widget.conftest import HOME
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(widget: Widget) -> Conversation:
    made = services.start_talk(widget=widget, visitor=new_visitor(widget.pk, HOME))
    chat_services.answer_now(conversation=made, question="How high is the lighthouse?")
    return made


def test_an_editor_makes_a_widget_and_changes_it(collection: Collection, teammate: User) -> None:
    ingestion_services.set_member(collection=collection, user=teammate, role=Role.EDITOR)
    editor = signed_in(teammate)
    made = editor.post("/collections/handbook/widgets/", {"name": "Help", "origins": "shop.example/a"})
    widget = Widget.objects.get()
    assert made["Location"] == widget.get_absolute_url() and widget.origins == ["https://shop.example"]
    page = editor.get(made["Location"]).content.decode()
    assert f"/widget/{widget.pk}.js&quot; async" in page or f'/widget/{widget.pk}.js" async' in page
    form = {
        "name": "Support",
        "origins": "https://shop.example\nhttps://two.example",
        "greeting": "Hello",
        "questions": "One?\n\nTwo?",
        "contact": "help@shop.example",
        "language": "zh-hans",
        "accent": "#AA3300",
        "model": "extractive",
        "visitor_limit": "5",
        "daily_limit": "50",
        "keep_days": "7",
    }
    assert editor.post(made["Location"], form).status_code == 302
    widget.refresh_from_db()
    assert (widget.questions, widget.accent, widget.language) == (["One?", "Two?"], "#aa3300", "zh-hans")
    assert (widget.visitor_limit, widget.daily_limit, widget.keep_days) == (5, 50, 7)
    refused = editor.post(made["Location"], form | {"origins": "https://*.a.org", "accent": "red"})
    assert refused.status_code == 422 and "https://*.a.org" in refused.content.decode()


def test_viewers_and_strangers_keep_out(
    widget: Widget, talk: Conversation, teammate: User, stranger: User
) -> None:
    base = widget.get_absolute_url()
    pages = [base, f"{base}preview/", f"{base}conversations/", f"{base}conversations/{talk.pk}/"]
    for person, status in ((teammate, 403), (stranger, 404)):
        client = signed_in(person)
        assert [client.get(page).status_code for page in pages] == [status] * 4
        posts = [
            f"{base}switch/",
            f"{base}delete/",
            f"{base}conversations/",
            f"{base}conversations/{talk.pk}/",
        ]
        assert [client.post(page).status_code for page in posts] == [status] * 4
    assert Conversation.objects.filter(pk=talk.pk).exists()


def test_editors_read_what_visitors_asked_and_delete_it(
    widget: Widget, talk: Conversation, owner: User
) -> None:
    client, base = signed_in(owner), widget.get_absolute_url()
    assert "How high is the lighthouse?" in client.get(f"{base}conversations/").content.decode()
    page = client.get(f"{base}conversations/{talk.pk}/").content.decode()
    assert "42 metres high" in page and HOME in page
    assert client.get(talk.get_absolute_url()).status_code == 404  # it is no conversation of the owner's
    client.post(f"{base}conversations/{talk.pk}/")
    assert not Conversation.objects.exists()


def test_visitors_are_told_that_a_person_checked_and_not_who(
    widget: Widget, talk: Conversation, owner: User
) -> None:
    answer = talk.messages.get(role="assistant")
    at = timezone.now().isoformat()
    owner.first_name, owner.last_name = "Ada", "Editor"
    owner.save()
    answer.verified = {"id": str(answer.pk), "by_id": owner.pk, "at": at, "question": "How high?"}
    answer.verified |= {"language": "en", "asked_language": "zh"}
    answer.save()
    shown = showing.answer(widget, answer)
    assert "Checked by a person" in shown and "It is in English" in shown and "Ada" not in shown
    page = signed_in(owner).get(f"{widget.get_absolute_url()}conversations/{talk.pk}/").content.decode()
    assert "Ada Editor" in page


def test_lists_ask_the_database_no_more_often_when_they_grow(
    widget: Widget, talk: Conversation, owner: User, django_assert_max_num_queries: Any
) -> None:
    client, base = signed_in(owner), widget.get_absolute_url()

    def queries() -> list[int]:
        counts = []
        for page in ("/collections/handbook/widgets/", f"{base}conversations/"):
            with django_assert_max_num_queries(30) as asked:
                client.get(page)
            counts.append(len(asked))
        return counts

    queries()  # the first request of all asks whether there is an administrator
    before = queries()
    for number in range(3):
        made = services.make_widget(collection=widget.collection, by=owner, name=f"{number}", origins=[HOME])
        assert made.pk != widget.pk
        started = services.start_talk(widget=widget, visitor=new_visitor(widget.pk, HOME))
        chat_services.answer_now(conversation=started, question="How high is the lighthouse?")
    assert queries() == before


def test_the_frame_may_be_shown_by_the_allowed_origins_alone(widget: Widget) -> None:
    services.change_widget(widget=widget, origins=[HOME, "http://127.0.0.1:8080"])
    page = Client().get(f"/widget/{widget.pk}/", headers={"Referer": f"{HOME}/"})
    policy = dict(part.strip().split(" ", 1) for part in page["Content-Security-Policy"].split(";"))
    assert policy["frame-ancestors"] == f"{HOME} http://127.0.0.1:8080"
    assert policy["default-src"] == "'none'" and policy["script-src"] == policy["style-src"] == "'self'"
    assert "X-Frame-Options" not in page and not page.cookies
    html = page.content.decode()
    assert "<script>" not in html and " style=" not in html and not re.search(r"\son[a-z]+=", html)
    refused = Client().get(f"/widget/{widget.pk}/", headers={"Referer": "https://evil.example/"})
    assert refused.status_code == 403 and "https://evil.example" in refused.content.decode()
    services.change_widget(widget=widget, is_on=False)
    assert "switched off" in Client().get(f"/widget/{widget.pk}/").content.decode()


def test_only_the_site_itself_frames_the_preview(widget: Widget, owner: User) -> None:
    page = signed_in(owner).get(f"{widget.get_absolute_url()}preview/")
    assert page["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert 'data-token="' in page.content.decode()
    around = signed_in(owner).get(widget.get_absolute_url())
    assert "frame-src 'self'" in around["Content-Security-Policy"]


def test_the_script_is_small_and_knows_its_widget(widget: Widget) -> None:
    script = Client().get(f"/widget/{widget.pk}.js")
    text = script.content.decode()
    assert script["Content-Type"].startswith("text/javascript") and len(text) < 8_000
    assert HOME in text and "innerHTML" not in text
    assert script["Cross-Origin-Resource-Policy"] == "cross-origin"
    services.change_widget(widget=widget, is_on=False)
    config = re.search(r"const config = (\{.*\});", Client().get(f"/widget/{widget.pk}.js").content.decode())
    assert config is not None and json.loads(config[1])["on"] is False and HOME not in config[1]


def test_its_account_is_nobody_who_signs_in_and_goes_with_the_collection(
    widget: Widget, talk: Conversation, owner: User, admin: User
) -> None:
    assert not widget.account.is_active and not widget.account.has_usable_password()
    assert widget.account.username not in signed_in(admin).get("/settings/").content.decode()
    people = signed_in(owner).get("/collections/handbook/people/").content.decode()
    assert "Widget on other websites" in people
    member = widget.collection.memberships.get(user=widget.account)
    assert signed_in(owner).post(f"/collections/handbook/people/{member.pk}/").status_code == 404
    ingestion_services.delete_collection(collection=widget.collection)
    assert not User.objects.filter(pk=widget.account_id).exists()
    assert not Conversation.objects.filter(pk=talk.pk).exists()
