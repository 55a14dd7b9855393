"""Versions of answers and of questions: nothing written is lost, and each branch knows its own past."""

import json
import re
import uuid

import pytest

from accounts.models import User
from accounts.services import create_api_key
from chat import selectors, services
from chat.branches import Tree, Versions
from chat.errors import StillWriting
from chat.export import export
from chat.models import Conversation, Message
from chat.turns import ShownTurn, turns_of
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.conftest import signed_in
from tests.llm.openai_stub import OpenAIStub

pytestmark = pytest.mark.django_db
QUESTION = "How high is the lighthouse?"
KEEPER = "Who was its keeper?"


@pytest.fixture
def conversation(owner: User, collection: Collection) -> Conversation:
    made = services.start_conversation(owner=owner, collections=[fill(collection)])
    services.answer_now(conversation=made, question=QUESTION)
    services.answer_now(conversation=made, question=KEEPER)
    return made


def shown(conversation: Conversation, through: uuid.UUID | None = None) -> list[str]:
    return [turn.question.text for turn in turns_of(conversation, through)]


def edited(conversation: Conversation, turn: ShownTurn, text: str) -> Message:
    return services.answer_now(conversation=conversation, question=text, after=turn.question.parent)


def test_a_tree_shows_the_branch_that_was_written_last_or_the_one_that_is_named() -> None:
    ids = [uuid.UUID(int=number) for number in range(6)]
    first, a, b, a_more, a_end, b_end = ids
    tree = Tree([(first, None), (a, first), (b, first), (a_more, a), (b_end, b), (a_end, a_more)])
    assert tree.branch() == [first, a, a_more, a_end]
    assert tree.branch(b) == [first, b, b_end]
    assert tree.branch(uuid.UUID(int=99)) == tree.branch()
    assert tree.versions(b) == Versions(2, 2, a, None)
    assert tree.versions(a_end) == Versions(1, 1)
    assert Tree([]).branch() == []
    beside = Tree([(first, None), (a, first), (b, first), (a_more, a), (b_end, b)], beside={a, b, b_end})
    assert beside.branch() == beside.branch(first) == [first, a, a_more]
    assert beside.branch(b) == [first, b] and beside.branch(b_end) == [first, b, b_end]


def test_an_answer_written_again_is_a_version_beside_it(conversation: Conversation) -> None:
    first = turns_of(conversation)[1].answer
    again = services.retry(message=first)
    Message.objects.filter(pk=again.pk).update(status="done", text="Again.")
    newest, earlier = turns_of(conversation)[1], turns_of(conversation, first.pk)[1]
    assert (newest.answer.pk, newest.answer_versions.place, newest.answer_versions.count) == (again.pk, 2, 2)
    assert (earlier.answer.text, earlier.answer_versions.after) == (first.text, again.pk)
    assert newest.question.pk == earlier.question.pk


def test_an_answer_in_the_middle_is_written_again_in_a_branch_of_its_own(conversation: Conversation) -> None:
    first, second = turns_of(conversation)
    again = services.retry(message=first.answer)
    Message.objects.filter(pk=again.pk).update(status="done", text="Again.")
    assert shown(conversation) == [QUESTION]
    assert shown(conversation, second.answer.pk) == [QUESTION, KEEPER]


def test_an_answer_without_a_word_is_written_in_its_place(conversation: Conversation) -> None:
    last = turns_of(conversation)[1].answer
    Message.objects.filter(pk=last.pk).update(status="failed", text="", error="away")
    last.refresh_from_db()
    again = services.retry(message=last)
    assert (again.pk, again.attempt, again.error) == (last.pk, 2, "")
    assert turns_of(conversation)[1].answer_versions.count == 1


def test_an_edited_question_begins_a_branch_that_knows_only_its_own_past(
    conversation: Conversation, model: OpenAIStub
) -> None:
    model.say("Ada Holm [1].")
    _first, second = turns_of(conversation)
    edited(conversation, second, "When was the lighthouse on Skerry built?")
    assert shown(conversation) == [QUESTION, "When was the lighthouse on Skerry built?"]
    assert shown(conversation, second.question.pk) == [QUESTION, KEEPER]
    newest = turns_of(conversation)[1]
    assert (newest.question_versions.place, newest.question_versions.count) == (2, 2)

    services.answer_now(conversation=conversation, question="And how deep is the harbour of the coast?")
    told = str([chat.body["messages"] for chat in model.chats[-1:]])
    assert "When was the lighthouse on Skerry built?" in told
    assert KEEPER not in told

    followed = services.answer_now(
        conversation=conversation, question="And who came after the keeper of the light?", after=second.answer
    )
    told = str([chat.body["messages"] for chat in model.chats[-1:]])
    assert KEEPER in told
    assert "When was the lighthouse on Skerry built?" not in told
    assert [turn.text for turn in (selectors.question_of(followed),)] == [
        "And who came after the keeper of the light?"
    ]
    assert len(shown(conversation)) == 3


def test_an_edited_first_question_begins_anew(conversation: Conversation) -> None:
    first = turns_of(conversation)[0]
    edited(conversation, first, "How deep is the harbour?")
    assert shown(conversation) == ["How deep is the harbour?"]
    assert turns_of(conversation)[0].question_versions.before == first.question.pk


def test_while_an_answer_is_written_nothing_branches(conversation: Conversation) -> None:
    first, second = turns_of(conversation)
    Message.objects.filter(pk=second.answer.pk).update(status="streaming")
    with pytest.raises(StillWriting):
        services.retry(message=first.answer)
    with pytest.raises(StillWriting):
        edited(conversation, first, "How deep is the harbour?")
    assert shown(conversation) == [QUESTION, KEEPER]
    beside = Message.objects.create(
        conversation=conversation, parent=first.question, ordinal=9, role="assistant", status="done", text="x"
    )
    page = signed_in(conversation.owner).get(f"{conversation.get_absolute_url()}?m={beside.pk}")
    assert f'?m={second.answer.pk}#m{second.answer.pk}">Show it' in page.content.decode()


def test_the_page_the_export_and_the_state_show_the_branch_of_the_address(
    conversation: Conversation, owner: User
) -> None:
    _first, second = turns_of(conversation)
    edited(conversation, second, "How deep is the harbour?")
    client, base = signed_in(owner), conversation.get_absolute_url()
    newest, earlier = (client.get(base + query).content.decode() for query in ("", f"?m={second.answer.pk}"))
    assert f'name="m" value="{second.answer.pk}"' in earlier
    assert f'id="m{second.answer.pk}"' not in newest
    assert f"?m={second.question.pk}#turn-2" in newest
    assert f"export?format=md&amp;m={second.answer.pk}" in earlier
    assert KEEPER in client.get(f"{base}export?format=md&m={second.answer.pk}").content.decode()
    assert KEEPER not in client.get(f"{base}export?format=md").content.decode()
    answers = client.get(f"{base}state?m={second.question.pk}").json()["answers"]
    assert [one["versions"] for one in answers] == ["1/1 1/1", "1/2 1/1"]
    for broken in ("?m=x", f"?m={uuid.uuid4()}"):
        assert "How deep is the harbour?" in client.get(base + broken).content.decode()


def test_a_question_follows_what_its_page_shows(conversation: Conversation, owner: User) -> None:
    """Another tab may have asked something since."""
    _first, second = turns_of(conversation)
    edited(conversation, second, "How deep is the harbour?")
    address = f"{conversation.get_absolute_url()}ask"
    client = signed_in(owner)
    client.post(address, {"question": "When was it built?", "m": str(second.answer.pk)})
    assert shown(conversation) == [QUESTION, KEEPER, "When was it built?"]
    other = services.start_conversation(owner=owner, collections=conversation.collections.all())
    foreign = services.answer_now(conversation=other, question=QUESTION)
    refused = client.post(address, {"question": "When was it built?", "m": str(foreign.pk)})
    assert refused.status_code == 404


def test_without_script_an_edited_question_leads_to_its_answer(
    conversation: Conversation, owner: User, stranger: User
) -> None:
    question = turns_of(conversation)[1].question
    address = f"{conversation.get_absolute_url()}messages/{question.pk}/edit"
    assert signed_in(stranger).post(address, {"edited": "x"}).status_code == 404
    assert signed_in(owner).post(address, {"edited": " "}).status_code == 422
    response = signed_in(owner).post(address, {"edited": "How deep is the harbour?"})
    last = turns_of(conversation)[-1]
    assert response["Location"] == f"{conversation.get_absolute_url()}#m{last.answer.pk}"
    assert last.question.text == "How deep is the harbour?"


def test_programs_ask_after_an_answer(conversation: Conversation, owner: User) -> None:
    _made, key = create_api_key(user=owner, name="k")
    first, _second = turns_of(conversation)
    body = {"question": "How deep is the harbour?", "conversation_id": str(conversation.pk)}
    client = signed_in(None)
    headers = {"Authorization": f"Bearer {key}"}
    for after, status in ((str(first.answer.pk), 200), (str(first.question.pk), 404)):
        answer = client.post(
            "/api/v1/chat", body | {"after": after}, content_type="application/json", headers=headers
        )
        assert answer.status_code == status, answer.content
    assert shown(conversation) == [QUESTION, "How deep is the harbour?"]


def test_a_file_tells_which_version_it_holds(conversation: Conversation) -> None:
    first = turns_of(conversation)[1].answer
    again = services.retry(message=first)
    Message.objects.filter(pk=again.pk).update(status="done", text="Again.")
    file = export(conversation, "md", str).text
    assert "### Answer, version 2 of 2" in file
    assert "- Left out: 1 question or answer of other versions" in file
    edited(conversation, turns_of(conversation)[0], "How tall is the lighthouse?")
    file = export(conversation, "md", str).text
    assert "## Question 1, version 2 of 2" in file and "- Left out: 5 questions and answers of" in file
    assert json.loads(export(conversation, "json", str).text)["left_out"] == 5
    assert "### Answer, version 1 of 2" in export(conversation, "md", str, first.pk).text


def test_what_a_model_was_not_shown_is_told(conversation: Conversation, model: OpenAIStub) -> None:
    """The budget holds the newest turns; the page and the file say where what was read begins."""
    turns = turns_of(conversation)
    Message.objects.filter(pk=turns[0].answer.pk).update(text="High. " * 9000)
    model.say("It was Ada Holm [1].")
    answer = services.answer_now(conversation=conversation, question="Who was the keeper of the lighthouse?")
    assert answer.history == {"since": 2, "left_out": 1}
    page = signed_in(conversation.owner).get(conversation.get_absolute_url()).content.decode()
    told = "The model read this conversation from question 2 on; the question before it was left out."
    assert page.count(told) == 1
    assert f"?m={answer.pk}&amp;from=2#turn-2" in page
    assert told in export(conversation, "md", str).text
    assert selectors.answer_object(answer)["history"] == answer.history


def lengthened(conversation: Conversation, count: int) -> list[Message]:
    """``count`` further turns; their questions."""
    parent = turns_of(conversation)[-1].answer
    asked, answers = [], []
    for number in range(count):
        place = parent.ordinal + 1
        question = Message(
            conversation=conversation, parent=parent, ordinal=place, role="user", text=f"Q{number}."
        )
        parent = Message(
            conversation=conversation, parent=question, ordinal=place + 1, role="assistant", status="done",
            text=f"A lighthouse, {number}.",
        )  # fmt: skip
        asked.append(question)
        answers.append(parent)
    both = sorted([*asked, *answers], key=lambda message: message.ordinal)
    Message.objects.bulk_create(both)
    return asked


def test_a_long_conversation_opens_with_its_last_turns(conversation: Conversation, owner: User) -> None:
    before = len(turns_of(conversation))
    lengthened(conversation, 25)
    client, address = signed_in(owner), conversation.get_absolute_url()

    def numbers(query: str = "") -> list[int]:
        page = client.get(address + query).content.decode()
        return [int(number) for number in re.findall(r'id="turn-(\d+)"', page)]

    last = before + 25
    assert numbers() == list(range(last - 19, last + 1))
    assert numbers("?from=1") == list(range(1, last + 1)) == numbers("?from=000001&to=9999999999999")
    assert numbers("?from=x") == numbers("?from=-1&to=") == numbers("?from=9999999999") == numbers()
    assert numbers("?from=3&to=5") == [3, 4, 5] and numbers("?from=9&to=2") == [2]
    assert f"?from=1#turn-{last - 19}" in client.get(address).content.decode()


def test_what_an_address_names_is_shown_with_what_stands_around_it(
    conversation: Conversation, owner: User, model: OpenAIStub
) -> None:
    """A question that is asked there follows the end of the conversation, which is not on the page."""
    before = len(turns_of(conversation))
    asked = lengthened(conversation, 60)
    client, address = signed_in(owner), conversation.get_absolute_url()
    last = before + 60
    page = client.get(f"{address}?m={asked[9].pk}").content.decode()
    at = before + 10
    numbers = [int(number) for number in re.findall(r'id="turn-(\d+)"', page)]
    assert numbers == list(range(at - 4, at + 16))
    assert f"?m={asked[9].pk}&amp;from=1&amp;to={at + 15}#turn-{at - 4}" in page
    assert f"?m={asked[9].pk}&amp;from={at - 4}#turn-{at + 15}" in page
    end = turns_of(conversation)[-1].answer.pk
    assert f'<input type="hidden" name="m" value="{end}">' in page
    model.say("It was Ada Holm [1].")
    client.post(f"{address}ask", {"question": "Who was the keeper of the lighthouse?", "m": str(end)})
    assert len(turns_of(conversation)) == last + 1
