"""The pipeline that tutorials teach, as a process of its own for ``bench.side_by_side``.

LangChain's recursive splitter (1,000 characters, 200 of overlap), all-MiniLM-L6-v2 by sentence-transformers,
Chroma in process, BM25 over everything in memory, and an ensemble of both with equal weights. It runs in
``.venv-bench`` and imports nothing of the site. Each line of standard input is a command in JSON, answered by
one line: ``add`` texts, ``finish`` (builds BM25, which knows no later additions), ``search``.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from langchain_chroma import Chroma
from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

CHUNK, OVERLAP = 1000, 200
FOUND = 10


class Tutorial:
    def __init__(self, model: str, folder: str) -> None:
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP)
        self._store = Chroma("tutorial", HuggingFaceEmbeddings(model_name=model), persist_directory=folder)
        self._chunks: list[Document] = []
        self._retriever: Any = None

    def add(self, texts: list[list[str]]) -> dict[str, Any]:
        """``texts`` are pairs of name and text."""
        documents = [Document(text, metadata={"source": name}) for name, text in texts]
        chunks = self._splitter.split_documents(documents)
        self._store.add_documents(chunks)
        self._chunks += chunks
        return {"chunks": len(chunks)}

    def finish(self) -> dict[str, Any]:
        by_words = BM25Retriever.from_documents(self._chunks)
        by_words.k = FOUND
        by_meaning = self._store.as_retriever(search_kwargs={"k": FOUND})
        self._retriever = EnsembleRetriever(retrievers=[by_words, by_meaning], weights=[0.5, 0.5])
        return {"chunks": len(self._chunks)}

    def search(self, queries: list[str], clients: int) -> dict[str, Any]:
        """Milliseconds of each, by so many threads."""

        def once(query: str) -> float:
            began = time.perf_counter()
            if not self._retriever.invoke(query):
                raise RuntimeError(f"nothing found for {query!r}")
            return (time.perf_counter() - began) * 1000

        with ThreadPoolExecutor(clients) as pool:
            return {"ms": list(pool.map(once, queries))}


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # libraries may print
    with tempfile.TemporaryDirectory(prefix="youju-tutorial-") as folder:
        tutorial = Tutorial(sys.argv[1], folder)
        print(json.dumps({"ready": True}), file=answers, flush=True)
        known: dict[str, Callable[..., dict[str, Any]]] = {
            "add": tutorial.add,
            "finish": tutorial.finish,
            "search": tutorial.search,
        }
        for line in sys.stdin:
            command = json.loads(line)
            began = time.perf_counter()
            answer = known[command["do"]](**command["with"])
            answer["seconds"] = time.perf_counter() - began
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
