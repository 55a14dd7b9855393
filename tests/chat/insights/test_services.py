"""Insights of a document from the pipeline, with a stub of a model and without one."""

import json

import pytest
from django.utils import timezone

from accounts.models import User
from chat.insights import selectors as insight_selectors
from chat.insights import services
from chat.insights.errors import BadText, NeedsModel
from chat.insights.models import Insight
from chat.models import Rule
from chat.rules.services import save_rule
from ingestion import selectors
from ingestion import services as ingestion_services
from ingestion.models import Collection, Document, DocumentText
from llm.models import Endpoint
from tests.chat.handbook import CHINESE
from tests.ingestion.material import searchable
from tests.llm.http_stub import Recorded, Reply
from tests.llm.openai_stub import OpenAIStub, spoken

COAST = """# The coast of Skarn

The coast of Skarn is guarded by a lighthouse that was built in 1897. The lighthouse of Skarn is 42 metres
high. Its keeper was Ada Holm. On Sundays there is cake.

## The harbour

The harbour of Skarn opens at six in the morning. Boats longer than 20 metres need a pilot for the harbour.
The pilot of the harbour lives beside the lighthouse.
"""
FERRIES = (
    "# Ferries\n\n"
    + " ".join(
        f"Ferry number {n} crosses the strait with cars, bicycles and people who live on the islands."
        for n in range(20)
    )
    + "\n\n## Holm\n\nFerries to Holm leave at noon, from the western pier.\n"
)
pytestmark = pytest.mark.django_db


@pytest.fixture
def document(collection: Collection) -> Document:
    return searchable(collection, COAST, "coast.md")


def made(document: Document, kind: str, **parameters: object) -> Insight:
    owner = document.collection.owner
    return services.start(owner=owner, kind=kind, parameters=parameters, document=document, wait=True)


def test_without_a_model_a_summary_quotes_the_central_sentences(document: Document) -> None:
    summary = made(document, "summary", length="short")
    assert (summary.status, summary.model) == ("done", "extractive")
    assert "cake" not in summary.text
    assert "lighthouse" in summary.text and "harbour" in summary.text
    text = selectors.document_text(document).text  # type: ignore[union-attr]
    assert summary.citations
    for citation in summary.citations:
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert all(sentence["support"] == "supported" for sentence in summary.sentences)


def test_what_only_a_model_can_do_says_so(document: Document) -> None:
    for kind in ("questions", "sentiment", "translation", "generated"):
        with pytest.raises(NeedsModel, match="language model that follows instructions"):
            made(document, kind, target="zh", wish="an e-mail")
    assert not Insight.objects.exists()


def test_a_fact_is_quoted_from_this_document_alone_or_refused(document: Document) -> None:
    searchable(document.collection, "# Elsewhere\n\nThe lighthouse of Holm is 17 metres high.\n", "holm.md")
    fact = made(document, "fact", question="How high is the lighthouse?")
    assert "42 metres" in fact.text and "17" not in fact.text
    assert {citation["document_id"] for citation in fact.citations} == {str(document.pk)}
    unknown = made(document, "fact", question="Which currency do the bakers of Lisbon accept?")
    assert unknown.refused and "does not hold" in unknown.data["head"]


def test_related_documents_are_those_that_the_person_may_read(
    document: Document, owner: User, teammate: User, stranger: User
) -> None:
    near = searchable(
        document.collection,
        "# Lamps\n\nThe lighthouse of Skarn guards the harbour and its pilot.\n",
        "lamps.md",
    )
    searchable(
        document.collection, "# Cooking\n\nBoil the potatoes with salt for twenty minutes.\n", "cook.md"
    )
    hidden = ingestion_services.create_collection(owner=stranger, name="Hidden", slug="hidden")
    searchable(
        hidden, "# Secret\n\nThe lighthouse of Skarn and its harbour have a secret pilot.\n", "secret.md"
    )
    related = made(document, "related")
    assert related.status == "done", related.error
    found = {one["document_id"]: one["document"] for one in related.data["documents"]}
    assert found == {str(near.pk): "Lamps"}
    assert {"lighthouse", "harbour"} <= {word.lower() for word in related.data["terms"]}


def test_a_model_reads_what_fits_and_its_citations_are_numbered_anew(
    document: Document, model: OpenAIStub
) -> None:
    long = searchable(document.collection, f"{COAST}\n\n{FERRIES}", "ferries.md")
    passages = long.chunks.count()
    assert passages >= 2
    model.say(
        f"Ferries to Holm leave at noon [{passages}]. The lighthouse is 42 metres high [1]. It sings [99]."
    )
    summary = made(long, "summary", length="medium")
    assert summary.text.startswith("Ferries to Holm leave at noon [1]. The lighthouse is 42 metres high [2].")
    assert [citation["n"] for citation in summary.citations] == [1, 2]
    assert "42 metres" in summary.citations[1]["quote"]
    assert summary.model == "stub"
    assert any("not given" in note for note in summary.notes)
    model.say("Bananas are yellow and grow in warm countries.")
    assert "do not rely on it" in made(long, "summary", length="short").notes[0]
    asked = model.chats[0]
    assert all(f'<source n="{n}"' in asked.body["messages"][1]["content"] for n in range(1, passages + 1))


def test_a_long_text_is_read_in_parts_and_says_so(document: Document, model: OpenAIStub) -> None:
    Endpoint.objects.update(context_tokens=900, max_tokens=200)
    long = searchable(document.collection, "\n\n".join(f"# Part {n}\n\n{COAST}" for n in range(6)), "long.md")

    def says(request: Recorded) -> Reply:
        notes = "Take notes" in request.body["messages"][0]["content"]
        return Reply(pieces=spoken("- The lighthouse is 42 metres high [1]." if notes else "It is high [1]."))

    model.replies = [says]
    summary = made(long, "summary", length="short")
    assert summary.text == "It is high [1]."
    assert len(model.chats) > 3
    assert any("parts" in note for note in summary.notes)


def test_a_sentiment_has_a_label_and_a_translation_its_parts(document: Document, model: OpenAIStub) -> None:
    model.say("Positive\n\nThe lighthouse guards the coast [1].")
    sentiment = made(document, "sentiment")
    assert sentiment.data["label"] == "positive"
    assert sentiment.text == "The lighthouse guards the coast [1]."
    model.say("# 海岸\n\n灯塔高 42 米。")
    translation = made(document, "translation", target="zh")
    (part,) = translation.data["parts"]
    assert part["text"].startswith("# 海岸")
    assert (part["start"], part["end"]) == (0, len(COAST))
    assert "machine translation" in translation.notes[0]


def test_a_model_that_fails_gives_way_to_quotes_or_says_why(document: Document, model: OpenAIStub) -> None:
    model.fail(401, {"message": "bad key", "code": "invalid_api_key"})
    summary = made(document, "summary")
    assert (summary.status, summary.model) == ("done", "extractive")
    assert summary.failures[0]["code"] == "auth_refused"
    questions = made(document, "questions")
    assert (questions.status, questions.error_code) == ("failed", "auth_refused")
    model.say("### When does the harbour open?\n\nAt six [1].")
    again = services.redo(insight=questions, wait=True)
    assert (again.status, again.error, again.attempt) == ("done", "", 2)


def test_a_result_knows_that_its_document_changed(document: Document) -> None:
    summary = made(document, "summary")
    assert insight_selectors.outdated(document, [summary]) == set()
    DocumentText.objects.filter(document=document).update(text="Another text.")
    Document.objects.filter(pk=document.pk).update(finished_at=timezone.now())
    document.refresh_from_db()
    assert insight_selectors.outdated(document, [summary]) == {summary.pk}


def test_pasted_chinese_is_summarised_and_asked_within_itself(owner: User) -> None:
    material = services.add_text(owner=owner, text=CHINESE)
    summary = services.start(
        owner=owner, kind="summary", parameters={"length": "short"}, material=material, wait=True
    )
    assert "灯塔" in summary.text
    assert material.text[summary.citations[0]["start"] : summary.citations[0]["end"]].strip()
    fact = services.start(
        owner=owner, kind="fact", parameters={"question": "灯塔高多少米?"}, material=material, wait=True
    )
    assert "四十二米" in fact.text
    with pytest.raises(BadText):
        services.add_text(owner=owner, text=" \n … ")


def test_the_rules_of_the_site_hold_for_what_models_read_and_write(
    document: Document, model: OpenAIStub
) -> None:
    Rule.objects.create(kind="mask", options={"kinds": ["EMAIL"], "near": True}, position=1)
    Rule.objects.create(kind="banned", options={"words": "cheese", "instead": "▇"}, position=2)
    text = "# Keeper\n\nAda Holm is reached at ada.holm@example.org all day.\n"
    keeper = searchable(document.collection, text, "keeper.md")
    model.say("The keeper eats cheese and is reached all day [1].")
    written = made(keeper, "generated", wish="A note on the keeper")
    (asked,) = model.chats
    assert "ada.holm@example.org" not in json.dumps(asked.body)
    assert "cheese" not in written.text and "reached all day [1]" in written.text
    assert {one["kind"] for one in written.data["rules"]} == {"mask", "banned"}
    model.say("阿达吃 cheese 和 chee<img src=x>se。")
    translated = made(keeper, "translation", target="zh")
    assert "cheese" not in translated.text and "阿达吃 ▇" in translated.text
    assert [(one["kind"], one["count"]) for one in translated.data["rules"]] == [("mask", 1), ("banned", 2)]


def test_rules_after_the_model_hold_for_quotes_too(document: Document) -> None:
    owner = document.collection.owner
    for kind, options in (
        ("banned", {"words": "1897", "sentences": True}),
        ("disclaimer", {"text_en": "No."}),
    ):
        save_rule(rule=Rule(kind=kind, options=options), collections=[], by=owner)
    summary = made(document, "summary", length="long")
    assert "1897" not in summary.text and "harbour" in summary.text and summary.text.endswith("\n\nNo.")
    assert [one["kind"] for one in summary.data["rules"]] == ["banned", "disclaimer"]


def test_what_came_to_nothing_is_shown_to_its_maker_alone(document: Document, teammate: User) -> None:
    summary = made(document, "summary", length="short")
    seen = insight_selectors.visible_to(teammate).filter(pk=summary.pk)
    assert seen.exists()
    Insight.objects.filter(pk=summary.pk).update(status="failed")
    assert not seen.exists()
    assert insight_selectors.visible_to(document.collection.owner).filter(pk=summary.pk).exists()
