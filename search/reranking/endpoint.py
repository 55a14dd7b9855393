"""Reranking by a server with a ``/rerank`` address: Cohere, Jina, vLLM, llama.cpp, LocalAI, Qianfan, TEI.

All but TEI take ``documents`` and answer ``{"results": [{"index", "relevance_score"}]}``; TEI takes ``texts``
and answers ``[{"index", "score"}]``. Which one it is shows at the first question.
"""

import logging
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from search.errors import RerankerUnavailable

log = logging.getLogger(__name__)

_CONNECTIONS = 8
_ONLY_A_BASE = re.compile(r"(/v\d+)?/?")
# What servers answer to fields that they do not know.
_NOT_THIS_SHAPE = {400, 422}


class EndpointReranker:
    """A ``Reranker``. ``url`` is the whole address; ``/rerank`` is added to a bare host or ``…/v1``.

    ``timeout_s`` bounds the wait for the connection and for the answer. Redirects are not followed, and
    neither the key nor the address' path is in any message. Raises ``ValueError`` for what is no address.
    """

    def __init__(self, url: str, model: str = "", key: str = "", timeout_s: float = 5.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("url is no address; write http://host:port/rerank")
        if not (key.isascii() and key.isprintable()):
            raise ValueError("the key has signs that no header can hold")
        if _ONLY_A_BASE.fullmatch(parts.path):
            url = parts._replace(path=f"{parts.path.rstrip('/')}/rerank").geturl()
        self._url = url
        self._host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        self._model = model
        self._timeout_s = timeout_s
        self._takes_texts = False
        self._session = requests.Session()
        self._session.auth = _Key(key)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS))

    @property
    def loaded(self) -> bool:
        return True

    def load(self) -> None:
        """The server has."""

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        query, texts = _readable(query), [_readable(text) for text in texts]
        takes_texts = self._takes_texts
        answer = self._asked(query, texts, takes_texts)
        if answer.status_code in _NOT_THIS_SHAPE:
            takes_texts = not takes_texts
            answer = self._asked(query, texts, takes_texts)
        if answer.status_code != 200:
            raise self._problem(_("it answered with status %(status)d") % {"status": answer.status_code})
        self._takes_texts = takes_texts
        return self._read(answer, len(texts))

    def _asked(self, query: str, texts: Sequence[str], takes_texts: bool) -> requests.Response:
        body: dict[str, Any] = {"query": query}
        if takes_texts:
            body |= {"texts": list(texts), "truncate": True}
        else:
            body |= {"documents": list(texts), "top_n": len(texts)}
            body |= {"model": self._model} if self._model else {}
        try:
            return self._session.post(self._url, json=body, timeout=self._timeout_s, allow_redirects=False)
        except requests.RequestException as error:
            # The error's own text holds the whole address.
            raise self._problem(error.__class__.__name__) from None

    def _read(self, answer: requests.Response, count: int) -> list[float]:
        try:
            body = answer.json()
            rows = body["results"] if isinstance(body, Mapping) else body
            found = {_index(row): _score(row) for row in rows}
        except (ValueError, KeyError, TypeError):
            found = {}
        if sorted(found) != list(range(count)):
            raise self._problem(_("its answer has not one score for each passage"))
        return [found[index] for index in range(count)]

    def _problem(self, what: str) -> RerankerUnavailable:
        """Everybody may read it: where the server is stands in the log."""
        log.warning("the reranker at %s gave no scores: %s", self._host, what)
        return RerankerUnavailable(_("The reranker gave no scores: %(what)s.") % {"what": what})


class _Key(AuthBase):
    """The key, if there is one, and never one that ``requests`` finds in a .netrc file."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request


def _index(row: Mapping[str, Any]) -> int:
    index = row["index"]
    if not isinstance(index, int):
        raise TypeError
    return index


def _score(row: Mapping[str, Any]) -> float:
    score = float(row["relevance_score"] if "relevance_score" in row else row["score"])
    if not math.isfinite(score):
        raise ValueError
    return score


def _readable(text: str) -> str:
    """Without lone surrogates, which are no UTF-8."""
    return text.encode("utf-8", "replace").decode()
