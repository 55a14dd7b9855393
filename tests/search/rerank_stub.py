"""A loopback ``/rerank`` server that scores by the question's words in a passage."""

import threading
from typing import Any

from tests.llm.http_stub import HTTPStub, Recorded, Reply


class RerankStub(HTTPStub):
    """Speaks the dialect of Cohere and Jina, or with ``tei`` that of TEI. ``reply`` takes the place of every
    answer; while ``held`` is cleared, answers wait."""

    def __init__(self, *, tei: bool = False) -> None:
        super().__init__()
        self._tei = tei
        self.reply: Reply | None = None
        self.held = threading.Event()
        self.held.set()

    def answer(self, request: Recorded) -> Reply:
        self.held.wait(30)
        if self.reply is not None:
            return self.reply
        texts = request.body.get("texts" if self._tei else "documents")
        if texts is None:
            return Reply(status=422, body={"error": "a field is missing"})
        scores = enumerate(score(request.body["query"], text) for text in texts)
        ordered = sorted(scores, key=lambda item: -item[1])
        if self._tei:
            return Reply(body=[{"index": index, "score": value} for index, value in ordered])
        results: list[dict[str, Any]] = [
            {"index": index, "relevance_score": value, "document": {"text": texts[index]}}
            for index, value in ordered
        ]
        return Reply(body={"results": results[: request.body["top_n"]]})


def score(query: str, text: str) -> float:
    """May be negative, as llama-server's scores may."""
    return -5.0 + sum(word in text for word in query.split()) - len(text) / 1000
