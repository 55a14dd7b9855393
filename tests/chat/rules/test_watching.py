"""Rules on an answer that somebody watches while a server writes it, and may stop."""

import pytest

from accounts.models import User
from chat import services as chat_services
from chat.models import Rule
from chat.rules.services import save_rule
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.chat.test_generation import Ear, written
from tests.llm.openai_stub import OpenAIStub

pytestmark = pytest.mark.django_db
PIECES = ("It is 42 met", "res high [1]. Its kee", "per was Ada", " Holm [1].")
SHOWN = "It is 42 ■ high [1]. Its ■ was Ada Holm [1]."


def test_watchers_see_what_is_stored_and_a_stopped_answer_has_its_notice(
    model: OpenAIStub, owner: User, collection: Collection
) -> None:
    conversation = chat_services.start_conversation(owner=owner, collections=[fill(collection)])
    for kind, options in (
        ("banned", {"words": "metres\nkeeper", "instead": "■"}),
        ("disclaimer", {"text_en": "No sailing advice."}),
    ):
        save_rule(rule=Rule(kind=kind, options=options), collections=[])
    model.say(*PIECES)
    ear = Ear()
    answer = written(conversation, ear)
    told = [data["text"] for event, data in ear.of("token")]
    assert "".join(told) == SHOWN and answer.text == f"{SHOWN}\n\nNo sailing advice."
    assert len(told) == 4, "what is settled is shown at once"

    stopped = written(conversation, Ear(lambda event, data: "Its" in data.get("text", "")))
    assert stopped.status == "stopped"
    assert stopped.text == "It is 42 ■ high [1]. Its\n\nNo sailing advice."
    assert [rule["kind"] for rule in stopped.applied_rules] == ["banned", "disclaimer"]
