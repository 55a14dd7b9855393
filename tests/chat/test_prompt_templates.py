"""Instructions for answers: who has which, and their pages."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import prompt_services, services
from chat.models import CollectionTemplate, Conversation, PromptTemplate
from chat.prompt_selectors import template_of
from chat.selectors import searched_collections
from ingestion import services as ingestion_services
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.conftest import signed_in
from tests.llm.openai_stub import OpenAIStub

QUESTION = "How high is the lighthouse?"
LIST = "/settings/prompts/"
LIBRARY = "/prompts/?kind=answers"
NEW = f"{LIST}new/"
IMPORT = f"{LIST}import/"


def template(name: str = "Formal", text: str = "Answer like a letter.", *of: Collection) -> PromptTemplate:
    return prompt_services.save_template(template=PromptTemplate(name=name, text=text), collections=of)


@pytest.fixture
def chief(admin: User) -> Client:
    return signed_in(admin)


@pytest.fixture
def conversation(owner: User, collection: Collection) -> Conversation:
    return services.start_conversation(owner=owner, collections=[fill(collection)])


@pytest.mark.django_db
def test_the_conversations_choice_comes_first_then_what_its_collections_agree_on(
    conversation: Conversation, collection: Collection, owner: User
) -> None:
    other = ingestion_services.create_collection(owner=owner, name="Other")
    formal, short = template("Formal"), template("Short")

    def chosen() -> PromptTemplate | None:
        return template_of(conversation, searched_collections(conversation))

    assert chosen() is None
    prompt_services.save_template(template=formal, collections=[collection])
    assert chosen() == formal

    conversation.collections.add(other)
    assert chosen() is None
    prompt_services.save_template(template=short, collections=[other])
    assert chosen() is None
    prompt_services.save_template(template=formal, collections=[collection, other])
    assert chosen() == formal
    assert not short.of_collections.exists()

    services.change_conversation(conversation=conversation, template=short)
    assert chosen() == short
    services.change_conversation(conversation=conversation, model="")
    assert chosen() == short
    services.change_conversation(conversation=conversation, template=None)
    assert chosen() == formal


@pytest.mark.django_db
def test_a_deleted_template_leaves_its_conversations(
    conversation: Conversation, collection: Collection
) -> None:
    formal = template("Formal", "x", collection)
    services.change_conversation(conversation=conversation, template=formal)

    prompt_services.delete_template(template=formal)

    conversation.refresh_from_db()
    assert conversation.template is None
    assert not CollectionTemplate.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", NEW),
        ("post", NEW),
        ("get", IMPORT),
        ("post", IMPORT),
        ("get", f"{LIST}1/"),
        ("post", f"{LIST}1/"),
        ("get", f"{LIST}1/delete/"),
        ("post", f"{LIST}1/delete/"),
    ],
)
def test_only_administrators_change_templates(method: str, address: str, owner: User) -> None:
    assert getattr(signed_in(owner), method)(address).status_code == 403
    assert "login" in getattr(Client(), method)(address)["Location"]


def html(client: Client, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200
    return page.content.decode()


@pytest.mark.django_db
def test_an_empty_list_says_what_to_do(chief: Client) -> None:
    assert chief.get(LIST)["Location"] == LIBRARY
    page = html(chief, LIBRARY)
    assert "No instructions yet" in page
    assert f'href="{NEW}"' in page and f'href="{IMPORT}"' in page
    assert f'href="{LIBRARY}"' in html(chief, "/settings/")


@pytest.mark.django_db
def test_a_template_is_made_changed_and_deleted(chief: Client, admin: User, collection: Collection) -> None:
    fields = {"name": " Formal  style ", "text": "Line 1\r\n{question}", "collections": [str(collection.pk)]}
    response = chief.post(NEW, fields)
    assert (response.status_code, response["Location"]) == (302, LIBRARY)
    made = PromptTemplate.objects.get()
    assert (made.name, made.text, made.origin, made.created_by) == (
        "Formal style",
        "Line 1\n{question}",
        "",
        admin,
    )
    assert CollectionTemplate.objects.get().collection == collection

    page = html(chief, LIBRARY)
    assert "Formal style" in page and "Collections: 1" in page

    address = f"{LIST}{made.pk}/"
    assert "checked" in html(chief, address)
    chief.post(address, {"name": "Short", "text": "Two sentences.", "origin": "forged"})
    made.refresh_from_db()
    assert (made.name, made.text, made.origin) == ("Short", "Two sentences.", "")
    assert not CollectionTemplate.objects.exists()
    assert "<del>Line 1</del>" in html(chief, f"/prompts/{made.pk}/versions/2/")
    chief.post(f"/prompts/{made.pk}/versions/1/restore")
    made.refresh_from_db()
    assert (made.name, made.version) == ("Formal style", 3)
    chief.post(f"/prompts/{made.pk}/versions/2/restore")

    assert "Delete “Short”?" in html(chief, f"{address}delete/")
    assert chief.post(f"{address}delete/")["Location"] == LIBRARY
    assert not PromptTemplate.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("", "x", "This field is required."),
        ("Taken", "x", "There are instructions of this name already."),
        ("New", "  ", "This field is required."),
        ("New", "{question} {tone} {sources} {length}", "place of: {tone}, {length}."),
        ("New", "a\nb {", "Line 2 has a brace"),
        ("New", "x" * 4001, "at most 4000 characters"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_stays_typed(
    chief: Client, name: str, text: str, said: str
) -> None:
    template("Taken")
    page = chief.post(NEW, {"name": name, "text": text, "origin": "qianfan:7"})
    shown = page.content.decode()
    assert page.status_code == 422
    assert said in shown
    assert f'value="{name}"' in shown or not name
    assert text.strip() in shown
    assert 'value="qianfan:7"' in shown
    assert PromptTemplate.objects.count() == 1


@pytest.mark.django_db
def test_a_collection_shows_the_template_that_it_would_lose(chief: Client, collection: Collection) -> None:
    template("Formal", "x", collection)
    assert "Handbook (now “Formal”)" in html(chief, NEW)


@pytest.mark.django_db
def test_the_number_of_queries_of_the_list_does_not_grow(
    chief: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        template(f"Template {number}")
    with django_assert_max_num_queries(6):
        html(chief, LIBRARY)


@pytest.mark.django_db
def test_everybody_chooses_a_template_in_a_conversation_of_theirs(
    conversation: Conversation, owner: User, collection: Collection, model: OpenAIStub
) -> None:
    client, address = signed_in(owner), conversation.get_absolute_url()
    assert "Instructions for answers" not in html(client, address)
    chosen = template("Formal", "Be formal.")
    assert "What all its collections have" in html(client, address)

    client.post(f"{address}settings", {"collections": [collection.slug], "model": "", "template": chosen.pk})
    assert f'<option value="{chosen.pk}" selected>Formal</option>' in html(client, address)

    model.say("It is 42 metres high [1].")
    client.post(f"{address}ask", {"question": QUESTION})
    assert "<dt>Instructions for answers</dt><dd>Formal</dd>" in html(client, address)
    assert "Be formal." in model.chats[-1].body["messages"][0]["content"]

    client.post(f"{address}settings", {"collections": [collection.slug], "model": "", "template": ""})
    conversation.refresh_from_db()
    assert conversation.template is None


@pytest.mark.django_db
def test_a_template_that_is_gone_cannot_be_chosen(
    conversation: Conversation, owner: User, collection: Collection
) -> None:
    client, address = signed_in(owner), conversation.get_absolute_url()
    fields = {"collections": [collection.slug], "model": "", "template": "999"}
    page = client.post(f"{address}settings", fields, follow=True)
    assert "These instructions are no longer there" in page.content.decode()
