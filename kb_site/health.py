"""Liveness, and readiness of everything that the main job needs."""

from collections.abc import Callable, Iterator

import redis
from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from kombu.exceptions import OperationalError

from search import registry
from search.errors import SearchError


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """One line per component; 200 only when uploading, indexing, searching and answering work."""
    lines, ready = [], True
    for name, check in _checks():
        problem = check()
        ready = ready and not problem
        lines.append(f"{name}: {problem or 'ok'}")
    lines += _told_of_reranker()
    return HttpResponse("\n".join(lines) + "\n", status=200 if ready else 503, content_type="text/plain")


def _told_of_reranker() -> list[str]:
    """Without it the site works as well as one that has none."""
    reranker = registry.reranker()
    return [f"reranker: {reranker.trouble or 'ok'}"] if reranker else []


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM ingestion_collection LIMIT 1")
    except DatabaseError as error:
        return f"not usable ({error.__class__.__name__})"
    return ""


def _broker() -> str:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2)
    try:
        client.ping()
    except redis.RedisError as error:
        return f"does not answer ({error.__class__.__name__})"
    finally:
        client.close()
    return ""


def _vectors() -> str:
    try:
        registry.vector_index().ping()
    except SearchError as error:
        return str(error)
    return ""


def _words() -> str:
    try:
        registry.lexical_index().ping()
    except SearchError as error:
        return str(error)
    return ""


def _milvus() -> str:
    return _vectors() if _in_milvus(settings.VECTOR_INDEX) else _words()


def _in_milvus(spec: registry.Spec) -> bool:
    return ".milvus" in spec["BACKEND"]


def _model() -> str:
    try:
        return "" if registry.embedder_is_loaded() else "loading"
    except SearchError as error:
        return str(error)


def _workers() -> str:
    """Which of the workers listens, by the queues that their consumers hold."""
    try:
        # Our own workers are three, and no longer waited for than until all have answered.
        limit = None if settings.EXTERNAL_WORKERS else 3
        queues = current_app.control.inspect(timeout=1.0, limit=limit).active_queues() or {}
    except (OperationalError, redis.RedisError, OSError) as error:
        return f"cannot be asked ({error.__class__.__name__})"
    served = {queue["name"] for answers in queues.values() for queue in answers}
    missing = {"extract", "index", "crawl"} - served
    return f"nobody serves {', '.join(sorted(missing))}" if missing else ""


def _checks() -> Iterator[tuple[str, Callable[[], str]]]:
    yield from CHECKS.items()
    if _in_milvus(settings.VECTOR_INDEX) or _in_milvus(settings.LEXICAL_INDEX):
        yield "milvus", _milvus


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "broker": _broker,
    "vector index": _vectors,
    "lexical index": _words,
    "embedding model": _model,
    "workers": _workers,
}
