"""A verified answer comes first for who asks the same, and for nobody who may not read its collections."""

import io
import json
from typing import Any

import pytest

from accounts.models import User
from chat import services as chat
from chat.generation import Nobody, Progress, generate
from chat.models import Conversation, Message, Rule, VerifiedAnswer
from chat.verified import matching, services
from chat.verified.services import Content
from ingestion import indexing, rereading
from ingestion import services as ingestion
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.chat.test_api import ask, events_of
from tests.conftest import signed_in
from tests.ingestion.material import extract_all, ready
from tests.llm.openai_stub import OpenAIStub

pytestmark = pytest.mark.django_db
QUESTION = "How high is the lighthouse?"
TEXT = "It is **42 metres** high, lantern included. [1]"


@pytest.fixture
def conversation(owner: User, collection: Collection) -> Conversation:
    return chat.start_conversation(owner=owner, collections=[fill(collection)])


@pytest.fixture
def written(conversation: Conversation) -> Message:
    return chat.answer_now(conversation=conversation, question=QUESTION)


def pin(by: User, answer: Message, *collections: Collection, questions: Any = (QUESTION,)) -> VerifiedAnswer:
    cited = [each for each in answer.citations if each["n"] == 1]
    return services.verify(by=by, content=Content(questions, TEXT, cited, collections))


def asked(user: User, question: str, *collections: Collection) -> Message:
    made = chat.start_conversation(owner=user, collections=collections)
    return chat.answer_now(conversation=made, question=question)


def test_who_asks_the_same_gets_it_with_its_mark_and_sources(
    written: Message, owner: User, teammate: User, collection: Collection
) -> None:
    verified = pin(owner, written, collection, questions=[QUESTION, "灯塔有多高？"])
    for question in (QUESTION, "how high is the lighthouse", "灯塔有多高"):
        given = asked(teammate, question, collection)
        assert (given.text, given.model, given.status) == (TEXT, "verified", "done")
        assert given.verified["by_id"] == owner.pk and given.verified["id"] == str(verified.pk)
        assert [each["quote"] for each in given.citations] == [written.citations[0]["quote"]]
    page = signed_in(teammate).get(given.conversation.get_absolute_url()).content.decode()
    assert "Verified answer" in page and "<strong>42 metres</strong>" in page and 'class="cite"' in page
    for question in ("How old is the lighthouse?", "How high is the lighthouse not?"):
        assert asked(teammate, question, collection).model == "extractive"
    verified.refresh_from_db()
    assert verified.given_count == 3
    told = ask(teammate, question=QUESTION, collections=["handbook"]).json()
    assert told["verified"]["by"] == "owner"


def test_an_answer_in_another_language_says_so_and_a_model_may_write_one_instead(
    written: Message, owner: User, collection: Collection, model: OpenAIStub
) -> None:
    pin(owner, written, collection, questions=[QUESTION, "灯塔有多高？"])
    given = asked(owner, "灯塔有多高？", collection)
    assert (given.verified["language"], given.verified["asked_language"]) == ("en", "zh")
    client = signed_in(owner)
    page = client.get(given.conversation.get_absolute_url()).content.decode()
    assert "It is in English, word for word as it was verified." in page
    assert "Have a model answer in Chinese" in page
    same = asked(owner, QUESTION, collection)
    assert "word for word" not in client.get(same.conversation.get_absolute_url()).content.decode()
    model.say("灯塔高四十二米 [1]。")
    client.post(f"/chat/{given.conversation_id}/messages/{given.pk}/retry")
    again = Message.objects.get(parent_id=given.parent_id, ordinal=given.ordinal + 1)
    generate(Progress(again.pk, again.attempt), "en", Nobody())
    again.refresh_from_db()
    assert (again.model, again.verified) == ("stub", {}) and "四十二米" in again.text


def test_what_a_rule_would_change_is_not_verified_and_not_given(
    written: Message, owner: User, collection: Collection
) -> None:
    verified = pin(owner, written, collection)
    rule = Rule.objects.create(kind="banned", name="Lamps", options={"words": "LANTERN", "instead": "■"})
    given = asked(owner, QUESTION, collection)
    assert (given.model, given.verified) == ("extractive", {})
    client, address = signed_in(owner), "/collections/handbook/verified/"
    for page in (client.get(f"{address}?only=review"), client.get(f"/verified/{verified.pk}/")):
        assert "“Lamps” of this site bans “lantern”" in page.content.decode().replace("&quot;", '"')
    with pytest.raises(services.BadVerified, match="bans “lantern”"):
        services.confirm(by=owner, answer=verified)
    with pytest.raises(services.BadVerified, match="bans “lantern”"):
        pin(owner, written, collection, questions=["How tall is it?"])
    rule.kind, rule.options = "disclaimer", {"text_en": "Ask on site."}
    rule.save()
    noticed = asked(owner, QUESTION, collection)
    assert noticed.verified and noticed.text == f"{TEXT}\n\nAsk on site."


def test_it_can_be_asked_anew_and_a_follow_up_does_not_meet_it(
    written: Message, owner: User, collection: Collection
) -> None:
    pin(owner, written, collection)
    given = asked(owner, QUESTION, collection)
    signed_in(owner).post(f"/chat/{given.conversation_id}/messages/{given.pk}/retry")
    again = Message.objects.get(parent_id=given.parent_id, ordinal=given.ordinal + 1)
    generate(Progress(again.pk, again.attempt), "en", Nobody())
    again.refresh_from_db()
    assert (again.model, again.verified) == ("extractive", {})
    pin(owner, written, collection, questions=["And how high is it?"])
    follow_up = chat.answer_now(conversation=given.conversation, question="And how high is it?")
    assert follow_up.verified == {}


def test_it_stays_within_collections_that_who_asks_may_read_and_searches(
    written: Message, owner: User, teammate: User, stranger: User, collection: Collection
) -> None:
    other = ingestion.create_collection(owner=owner, name="Secrets", slug="secrets")
    public = ingestion.create_collection(owner=owner, name="Public", slug="public", visibility="public")
    for each in (other, public):
        ready(each, f"# {each.name}\n\nThe lighthouse is 42 metres high.\n", f"{each.slug}.md")
    pin(owner, written, collection, other)
    assert asked(owner, QUESTION, collection, other).model == "verified"
    assert asked(owner, QUESTION, collection).model == "extractive", "one of its collections is not searched"
    assert asked(teammate, QUESTION, collection, other).model == "extractive", "may not read the other"
    assert asked(stranger, QUESTION, public).model == "extractive"


def test_a_changed_source_takes_it_back_until_somebody_reviewed_it(
    written: Message, owner: User, collection: Collection
) -> None:
    verified = pin(owner, written, collection)
    document = collection.documents.get(pk=written.citations[0]["document_id"])
    new = io.BytesIO(b"# Coast\n\nThe lighthouse is 43 metres high since the rebuilding.\n")
    rereading.replace_document(document=document, file=new, name=document.name)
    extract_all()
    indexing.index_all()
    assert asked(owner, QUESTION, collection).model == "extractive"
    page = signed_in(owner).get("/collections/handbook/verified/").content.decode()
    assert "To be reviewed" in page
    edited = signed_in(owner).get(f"/verified/{verified.pk}/").content.decode()
    assert edited.count("The document no longer says this") == 1
    services.confirm(by=owner, answer=verified)
    assert asked(owner, QUESTION, collection).model == "verified"
    ingestion.delete_document(document=document)
    assert asked(owner, QUESTION, collection).model == "extractive"
    with pytest.raises(services.BadVerified, match="was deleted"):
        services.confirm(by=owner, answer=verified)


def test_a_collection_without_any_pays_one_look(
    written: Message, owner: User, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "match", lambda *_given: pytest.fail("nothing is there to be matched"))
    assert asked(owner, QUESTION, collection).model == "extractive"
    assert json.dumps(written.verified) == "{}"


def test_who_deletes_an_account_takes_the_name_out_of_what_it_verified(
    written: Message, admin: User, teammate: User, collection: Collection
) -> None:
    editor = User.objects.create(username="ada", first_name="Ada", last_name="Holm")
    ingestion.set_member(collection=collection, user=editor, role="editor")
    verified = pin(editor, written, collection)
    given = asked(teammate, QUESTION, collection)
    address = given.conversation.get_absolute_url()
    assert "by Ada Holm" in signed_in(teammate).get(address).content.decode()
    editor.delete()
    for shown in (
        signed_in(teammate).get(address),
        signed_in(teammate).get(f"{address}export", {"format": "json"}),
        ask(teammate, question=QUESTION, collections=["handbook"]),
        signed_in(admin).get("/collections/handbook/verified/"),
        signed_in(admin).get(f"/verified/{verified.pk}/"),
    ):
        assert shown.status_code == 200
        assert "Holm" not in shown.content.decode() and "a former member" in shown.content.decode()


@pytest.mark.django_db(transaction=True)
def test_it_is_streamed_with_its_mark(owner: User, collection: Collection, broker: str) -> None:
    made = chat.start_conversation(owner=owner, collections=[fill(collection)])
    pin(owner, chat.answer_now(conversation=made, question=QUESTION), collection)
    streamed = ask(owner, question=QUESTION, collections=["handbook"], stream=True)
    done = dict(events_of(streamed))["done"]
    assert (done["answer"], done["verified"]["by"]) == (TEXT, "owner")
