import pytest
from django.test import override_settings

from ingestion.embedding_texts import embedding_text, longest_passage
from ingestion.generations import split_settings
from ingestion.models import Collection
from ingestion.token_counts import Estimate, counter_for
from search import registry
from search.embedding.hashed import HashedEmbedder
from search.types import Chunk
from tests.conftest import signed_in
from tests.ingestion.material import ready

COUNTER = Estimate()
NARROW = {"BACKEND": "tests.ingestion.test_embedding_texts.NarrowEmbedder", "OPTIONS": {}}
SITES_OWN = {
    "english": "search.embedding.sentence_transformer.SentenceTransformerEmbedder",
    "multilingual": "search.embedding.multilingual.MultilingualEmbedder",
}


class NarrowEmbedder(HashedEmbedder):
    """Reads 120 tokens, by estimate, and remembers what it was given."""

    passage_tokens = 120

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def embed(self, texts):  # type: ignore[no-untyped-def]
        self.seen += texts
        return super().embed(texts)


def test_title_headings_and_table_header_stand_above_the_passage() -> None:
    item = Chunk("1", "2", "| Aurora | 7 |", "Guide", "Fees › Boats", "| Boat | Fee |")
    assert embedding_text(item) == "Guide › Fees › Boats\n| Boat | Fee |\n| Aurora | 7 |"
    assert embedding_text(Chunk("1", "2", "Alone.")) == "Alone."


def test_what_stands_above_gives_way_and_the_passage_stays_whole() -> None:
    passage = "tide " * 60
    item = Chunk("1", "2", passage, "A very long title " * 20, "", "| a long header " * 20)
    text = embedding_text(item, 120, COUNTER)
    assert COUNTER.counts([text])[0] <= 120
    assert text.endswith(passage)
    assert text.startswith("A very long title")
    assert "| a long header" in text
    full = "tide " * 96
    assert embedding_text(Chunk("1", "2", full, "Title"), 120, COUNTER) == full


@pytest.mark.parametrize("name", sorted(SITES_OWN))
def test_the_longest_passage_is_read_whole_by_the_models_that_come_with_the_site(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    options = {"folder": str(tmp_path_factory.mktemp("model"))} if name == "multilingual" else {}
    model = registry.embedder({"BACKEND": SITES_OWN[name], "OPTIONS": options})
    window = registry.passage_tokens(model)
    most = longest_passage(window)
    assert window is not None and most is not None
    assert 200 <= most < window < model.max_tokens  # type: ignore[attr-defined]
    if name == "multilingual":
        counter = counter_for(registry.tokenizer_path(model))
        assert counter.counts(["passage: "])[0] <= model.max_tokens - 2 - window  # type: ignore[attr-defined]


@pytest.mark.django_db
@override_settings(EMBEDDING=NARROW)
def test_no_word_of_a_passage_lies_beyond_what_the_model_reads(collection: Collection) -> None:
    Collection.objects.update(chunk_tokens=2000, chunk_overlap=1000)
    collection.refresh_from_db()
    chosen = split_settings(collection)
    assert (chosen.tokens, chosen.overlap) == (100, 50)
    document = ready(
        collection,
        "# " + "Long heading " * 30 + "\n\n" + " ".join(f"Heron {n} stands still." for n in range(300)),
    )
    assert document.chunk_count > 10
    seen = registry.embedder().seen  # type: ignore[attr-defined]
    assert len(seen) == document.chunk_count
    assert max(COUNTER.counts(seen)) <= 120
    for chunk in document.chunks.all():
        assert any(text.endswith(chunk.text) for text in seen)


@pytest.mark.django_db
@override_settings(EMBEDDING=NARROW)
def test_the_form_names_the_limit(collection: Collection) -> None:
    client = signed_in(collection.owner)
    page = client.get("/collections/handbook/settings/").content.decode()
    assert "At most 100" in page
    data = {"name": "Handbook", "visibility": "private", "chunk_tokens": 101, "chunk_overlap": 10}
    answer = client.post("/collections/handbook/settings/", data)
    assert answer.status_code == 422
    assert "reads 100 tokens of a passage at most" in answer.content.decode()
    collection.refresh_from_db()
    assert collection.chunk_tokens == 0
    assert client.post("/collections/handbook/settings/", data | {"chunk_tokens": 100}).status_code == 302
