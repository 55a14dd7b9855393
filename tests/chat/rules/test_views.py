"""The pages of the rules, and what is told of them under an answer, in the API and in exports."""

import json
from typing import Any

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import services as chat_services
from chat.models import Message, Rule
from chat.rules import loading, services
from chat.rules.records import in_words
from chat.selectors import answer_object
from chat.sharing.services import share
from ingestion import services as documents
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.conftest import signed_in
from tests.llm.openai_stub import OpenAIStub

LIST = "/settings/rules/"
QUESTION = "How high is the lighthouse?"
EVERYWHERE = {"is_everywhere": "yes", "is_enabled": "on"}
GOOD: dict[str, dict[str, Any]] = {
    "trim": {"phrases": "please tell me\n请问"},
    "spelling": {"width": "on", "script": "simplified"},
    "synonyms": {"meanings": "pto => annual leave", "replaces": "yes"},
    "blocked": {"words": "salary\n/pay\\s+grade \\d/", "reply_en": "Ask the payroll office."},
    "mask": {"kinds": ["PHONE", "ID_CARD"], "own": "STAFF = E\\d{6}"},
    "banned": {"words": "fool", "instead": "***"},
    "repeats": {},
    "length": {"chars": "400"},
    "disclaimer": {"text_en": "No legal advice.", "text_zh": "不构成法律意见。"},
}
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("blocked", {"words": "/(/", "reply_en": "No."}, "is broken"),
    ("blocked", {"words": "/(a|aa)+$/", "reply_en": "No."}, "would take too long"),
    ("blocked", {"words": "salary"}, "at least one language"),
    ("banned", {"words": "/unfinished"}, "does not end it"),
    ("mask", {"own": "staff = E\\d"}, "capital letters"),
    ("mask", {"own": "E = E\\d"}, "must have 2 to 30 characters"),
    ("mask", {"own": "E\\d"}, "not of the form NAME = pattern"),
    ("mask", {"own": "PHONE = E\\d"}, "is taken"),
    ("mask", {}, "at least one kind of data"),
    ("synonyms", {"meanings": "pto"}, "not of the form"),
    ("length", {}, "Give a number"),
    ("spelling", {}, "at least one thing"),
    ("repeats", {"is_everywhere": ""}, "at least one collection"),
]


@pytest.fixture
def chief(admin: User) -> Client:
    return signed_in(admin)


def rule(kind: str, *of: Collection, name: str = "", **options: Any) -> Rule:
    made = Rule(kind=kind, name=name, options=options, is_everywhere=not of)
    return services.save_rule(rule=made, collections=of)


@pytest.mark.django_db
def test_only_administrators_come_in(owner: User, stranger: User) -> None:
    for client in (signed_in(owner), signed_in(stranger)):
        for path in ("", "new/", "new/mask/", "1/", "1/delete/"):
            assert client.get(f"{LIST}{path}").status_code == 403
        for path in ("try/", "1/move/", "1/switch/", "1/delete/", "new/trim/"):
            assert client.post(f"{LIST}{path}").status_code == 403
    assert Client().get(LIST).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("kind", GOOD)
def test_a_rule_is_made_and_changed_without_losing_anything(chief: Client, kind: str) -> None:
    assert chief.get(f"{LIST}new/{kind}/").status_code == 200
    made = chief.post(f"{LIST}new/{kind}/", {**GOOD[kind], **EVERYWHERE, "name": "Mine"}, follow=True)
    assert "“Mine” is saved." in made.content.decode()
    saved = Rule.objects.get()
    form = chief.get(f"{LIST}{saved.pk}/").context["form"]
    again = {name: value for name, value in form.initial.items() if value not in (None, False)}
    chief.post(f"{LIST}{saved.pk}/", {**again, **EVERYWHERE})
    assert Rule.objects.get().options == saved.options


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "given", "said"), BAD)
def test_what_is_refused_stays_in_its_field(
    chief: Client, kind: str, given: dict[str, Any], said: str
) -> None:
    answer = chief.post(f"{LIST}new/{kind}/", {**EVERYWHERE, "name": "Kept", **given})
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and 'value="Kept"' in page
    assert not Rule.objects.exists()


@pytest.mark.django_db
def test_rules_are_ordered_switched_and_deleted(chief: Client, collection: Collection) -> None:
    first, second, third = rule("trim"), rule("banned", words="x"), rule("mask", collection, kinds=["PHONE"])
    page = chief.post(f"{LIST}{third.pk}/move/", {"to": "up"}, follow=True).content.decode()
    assert "is now number 1 of 2" in page
    assert [spec.id for spec in loading.specs_for([collection])] == [third.pk, first.pk, second.pk]
    assert [spec.id for spec in loading.specs_for([])] == [first.pk, second.pk]
    chief.post(f"{LIST}{first.pk}/switch/", {"to": "off"})
    assert [spec.id for spec in loading.specs_for([])] == [second.pk]
    chief.post(f"{LIST}{second.pk}/delete/")
    assert [spec.id for spec in loading.specs_for([])] == []


@pytest.mark.django_db
def test_the_list_asks_the_database_as_often_for_many_rules(
    chief: Client, collection: Collection, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rule("trim", collection)
    with CaptureQueriesContext(connection) as few:
        chief.get(LIST)
    for kind in ("trim", "repeats", "trim", "repeats"):
        rule(kind, collection)
    with django_assert_max_num_queries(len(few) + 1):  # those after the model have collections now
        chief.get(LIST)


@pytest.mark.django_db
def test_a_sample_goes_through_step_by_step(chief: Client) -> None:
    rule("trim", phrases="please tell me")
    rule("mask", kinds=["PHONE"])
    rule("banned", words="fool", instead="■", name="Manners")
    rule("disclaimer", text_en="No legal advice.")
    question = {"try-stage": "before", "try-text": "Please tell me  whose 13800138000 is???"}
    page = chief.post(f"{LIST}try/", question)
    assert page.context["tried"].result == "whose 13800138000 is?"
    assert page.context["tried"].sent == "whose [PHONE_1] is?"
    assert "<del>" in page.content.decode()
    answer = {"try-stage": "after", "try-text": "A fool [1]."}
    tried = chief.post(f"{LIST}try/", answer, headers={"HX-Request": "true"}).context["tried"]
    assert tried.result == "A ■ [1].\n\nNo legal advice."
    assert [(step.title, step.said) for step in tried.steps] == [
        ("Manners", "1 banned word was replaced."),
        ("Require a notice", "The required notice was added."),
    ]
    assert chief.post(f"{LIST}try/", {"try-stage": "before"}).status_code == 422


def answered(owner: User, collection: Collection, question: str = QUESTION) -> Message:
    conversation = chat_services.start_conversation(owner=owner, collections=[collection])
    return chat_services.answer_now(conversation=conversation, question=question)


@pytest.mark.django_db
def test_what_was_applied_is_told_under_the_answer_in_the_api_and_in_exports(
    model: OpenAIStub, owner: User, teammate: User, collection: Collection
) -> None:
    fill(collection)
    other = documents.create_collection(owner=owner, name="Other")
    rule("trim", collection, phrases="please")
    rule("disclaimer", name="Small print", text_en="No legal advice.")
    rule("disclaimer", other, text_en="Never here.")
    rule("blocked", words="salary", reply_en="Ask the payroll office.", name="Pay")
    model.say("It is 42 metres high [1].")
    message = answered(owner, collection, "Please: how high is the lighthouse?")
    assert message.text == "It is 42 metres high [1].\n\nNo legal advice."
    told = answer_object(message)["rules"]
    assert [(one["kind"], one["name"]) for one in told] == [("trim", ""), ("disclaimer", "Small print")]

    page = signed_in(owner).get(message.conversation.get_absolute_url()).content.decode()
    assert "2 rules applied" in page and "Small print" in page
    address = f"/chat/{message.conversation_id}/export"
    exported = json.loads(signed_in(owner).get(f"{address}?format=json").content)
    assert exported["turns"][0]["answer"]["rules"][1]["said"] == "The required notice was added."
    assert "Rule: The required notice was added" in signed_in(owner).get(address).content.decode()
    assert signed_in(teammate).get(address).status_code == 404

    blocked = answered(owner, collection, "What is the salary of Ada?")
    assert (blocked.text, blocked.refused) == ("Ask the payroll office.", True)
    page = signed_in(owner).get(blocked.conversation.get_absolute_url()).content.decode()
    assert "Blocked topic" in page and "Not found in the documents" not in page
    assert "Ask the payroll office." in render_to_string("chat/widget/_answer.html", {"message": blocked})
    shared = (
        Client().get(share(conversation=blocked.conversation, term="7").get_absolute_url()).content.decode()
    )
    assert "Ask the payroll office." in shared and "Not found in the documents" not in shared


@pytest.mark.django_db
def test_a_pattern_that_is_too_slow_goes_out_of_use_and_the_answer_goes_on(
    model: OpenAIStub, owner: User, chief: Client, collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    fill(collection)
    slow = rule("blocked", name="Slow", words="/(a|aa)+$/", reply_en="No.")
    model.say("It is 42 metres high [1].")
    message = answered(owner, collection, f"{QUESTION} {'a' * 80}!")
    assert message.status == "done" and "42" in message.text
    assert message.applied_rules[0]["failed"] is True
    slow.refresh_from_db()
    assert not slow.is_enabled
    assert "was switched off" in caplog.text
    page = chief.get(LIST).content.decode()
    assert "The site switched off what would have held answers up" in page and "(a|aa)+$" in page
    chief.post(f"{LIST}{slow.pk}/switch/", {"to": "on"})
    assert "held answers up" not in chief.get(LIST).content.decode()


@pytest.mark.django_db
def test_slips_are_mended_by_the_words_of_the_collection(owner: User, collection: Collection) -> None:
    fill(collection)
    rule("spelling", slips=True)
    message = answered(owner, collection, "How high is the lighthuose?")
    assert message.applied_rules[0]["details"]["after"] == "How high is the lighthouse?"
    assert message.rewritten == "How high is the lighthouse?" and "42 metres" in message.text


@pytest.mark.django_db
def test_a_slow_pattern_that_masks_stays_in_use_and_the_model_reads_nothing(
    model: OpenAIStub, owner: User, chief: Client, collection: Collection
) -> None:
    fill(collection)
    mask = rule("mask", name="Staff", own="STAFF = (a|aa)+$", near=True)
    message = answered(owner, collection, f"{QUESTION} {'a' * 80}!")
    assert message.status == "done" and "42 metres" in message.text and model.chats == []
    assert "nothing was sent to the model" in in_words(message.applied_rules[0])
    mask.refresh_from_db()
    assert mask.is_enabled and mask.trouble == "(a|aa)+$"
    page = chief.get(LIST).content.decode()
    assert "stays in use" in page and "held answers up" not in page
    assert "not sent to the model" in chief.get(f"{LIST}{mask.pk}/").content.decode()


@pytest.mark.django_db
def test_earlier_turns_are_masked_by_the_rules_of_collections_searched_then(
    model: OpenAIStub, owner: User, collection: Collection
) -> None:
    fill(collection)
    rule("mask", collection, name="Phones", kinds=["PHONE"], near=True)
    model.say("It is 42 metres high [1]. Call 13800138000.")
    first = answered(owner, collection)
    assert "13800138000" in first.text
    elsewhere = documents.create_collection(owner=owner, name="Elsewhere")
    fill(elsewhere)
    first.conversation.collections.set([elsewhere])
    chat_services.answer_now(conversation=first.conversation, question="And who keeps it?")
    later = [str(chat.body) for chat in model.chats[1:]]
    assert any("[PHONE_1]" in body for body in later)
    assert not any("13800138000" in body for body in later)
