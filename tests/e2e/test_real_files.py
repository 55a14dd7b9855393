"""Real files of many kinds and real Chinese documentation, through the running site."""

import time
from collections import Counter
from pathlib import Path

import pytest

from ingestion.extract import messages
from tests.e2e.conftest import Api, with_administrator
from tests.e2e.site import Site

pytestmark = pytest.mark.timeout(900)
PATIENCE_S = 600
# All of the real files that do not become ready: one is locked, one is no document.
MAY_FAIL = {"2206.01062_pg3.pdf": messages.ENCRYPTED, "random.bin": messages.UNSUPPORTED}
RECOGNISE = (
    "from ingestion import services; from ingestion.models import Collection; "
    "services.update_collection(collection=Collection.objects.get(slug='{}'), ocr='on')"
)


@pytest.fixture(scope="module")
def api(running_site: Site) -> Api:
    return with_administrator(running_site, "librarian")


def ingest(api: Api, slug: str, files: list[Path], *, recognise: bool = False) -> list[dict[str, object]]:
    """Uploads in handfuls and returns every document in its last state."""
    assert api.call("POST", "/collections", json={"name": slug, "slug": slug}).status_code == 201
    if recognise:
        api.site.manage("shell", "-v0", "-c", RECOGNISE.format(slug))
    for at in range(0, len(files), 20):
        api.upload(slug, {path.name: path.read_bytes() for path in files[at : at + 20]})
    deadline = time.monotonic() + PATIENCE_S
    while True:
        rows: list[dict[str, object]] = []
        for page in range(1, 1 + len(files) // 100 + 1):
            rows += api.call("GET", f"/collections/{slug}/documents?page={page}").json()["results"]
        counts = Counter(str(row["status"]) for row in rows)
        if not counts["queued"] and not counts["processing"]:
            return rows
        assert time.monotonic() < deadline, counts
        time.sleep(1)


def documents(api: Api, slug: str, query: str) -> list[str]:
    answer = api.call("POST", "/search", json={"query": query, "collections": [slug], "k": 5})
    return [hit["document"] + hit["text"] for hit in answer.json()["hits"]]


def test_every_file_with_text_is_ready_and_the_others_say_why(api: Api, youju_data: Path) -> None:
    pytest.importorskip("rapidocr_onnxruntime")
    files = sorted(path for path in (youju_data / "files").rglob("*") if path.is_file())
    rows = ingest(api, "files", files, recognise=True)
    assert {row["status"] for row in rows} == {"ready", "failed"}
    failed = {str(row["name"]): row["error"] for row in rows if row["status"] == "failed"}
    assert failed == MAY_FAIL
    unpacked = {path.name for path in files if path.suffix == ".zip"}
    assert {str(row["name"]) for row in rows} >= {path.name for path in files} - unpacked
    assert any("docling" in text.lower() for text in documents(api, "files", "Docling technical report"))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("侦听器默认是深层的吗", "深层"),
        ("如何在模板中使用 v-for 遍历数组", "v-for"),
        ("组件的 props 如何声明类型", "props"),
        ("什么是组合式函数", "组合式函数"),
    ],
)
def test_chinese_documentation_is_found(api: Api, youju_data: Path, question: str, expected: str) -> None:
    if api.call("GET", "/collections/vue/documents").status_code == 404:
        rows = ingest(api, "vue", sorted((youju_data / "vue-docs-zh").rglob("*.md")))
        assert {row["status"] for row in rows} == {"ready"}
    found = documents(api, "vue", question)
    assert expected in found[0]
