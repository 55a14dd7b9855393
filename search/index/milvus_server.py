"""A Milvus server, and the collections that we keep in it: of each kind one for every index.

``pymilvus`` is an optional package (requirements-milvus.txt), imported on first use.
"""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from django.utils.translation import gettext as _

from search.errors import IndexUnavailable

if TYPE_CHECKING:
    from pymilvus import CollectionSchema, MilvusClient, MilvusException
    from pymilvus.milvus_client.index import IndexParams

log = logging.getLogger(__name__)

READ_TIMEOUT_S = 5.0
WRITE_TIMEOUT_S = 60.0
# A server that did not answer is left alone for so long, that searches by words need not wait for it.
PAUSE_S = 2.0
PAGE = 10_000  # Milvus hands out 16,384 rows at once at most
LARGEST_BATCH = 1000

# Codes of Milvus (merr/errors.go)
_NOT_FOUND, _NOT_LOADED = 100, 101

# Left to itself, gRPC waits up to two minutes until it tries once more; and the client asks every ten seconds
# whether the server is there, which Milvus Lite answers by hanging up.
_CHANNEL = {
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 2000,
    "grpc.keepalive_time_ms": 60_000,
    "grpc.keepalive_permit_without_calls": 0,
}

_INDEX_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_ADDRESS = re.compile(r"(https?|tcp)://[^/\s]+/?|.+\.db")
_T = TypeVar("_T")
Work = Callable[["MilvusClient", str], _T]
Describe = Callable[["CollectionSchema", "IndexParams"], None]


class MilvusServer:
    """The server at ``uri``, such as ``http://milvus:19530``. ``token`` is ``user:password`` or an API key.

    The name of a file that ends in ``.db`` is Milvus Lite inside this process, for one process alone.
    Raises ``ValueError`` where ``uri`` is neither.
    """

    def __init__(self, uri: str, token: str = "", database: str = "") -> None:
        if uri and not _ADDRESS.fullmatch(uri):
            raise ValueError(f"{uri!r} is no address of Milvus; write http://host:19530")
        self.uri = uri
        self._token = token
        self._database = database
        self._made: MilvusClient | None = None
        self._lock = threading.Lock()
        self._silent_until = 0.0

    def ping(self) -> None:
        """Asks at once, even where the server did not answer a moment ago."""
        self._silent_until = 0.0
        self.reach(lambda client: client.list_collections(timeout=READ_TIMEOUT_S))

    def reach(self, work: Callable[["MilvusClient"], _T]) -> _T:
        """``work`` with the client. Raises ``IndexUnavailable`` where the server is not reached or cannot,
        ``NotFound`` and ``NotLoaded`` for a collection."""
        if not self.uri:
            raise IndexUnavailable(_("No Milvus server is named. Set MILVUS_URI, such as http://host:19530."))
        if time.monotonic() < self._silent_until:
            raise IndexUnavailable(
                _("Milvus did not answer a moment ago, and is asked again soon: try again then.")
            )
        library = _library()
        try:
            return work(self._client(library.client))
        except library.misuse:
            raise
        except library.error as error:
            if error.code == _NOT_FOUND:
                raise NotFound from error
            if error.code == _NOT_LOADED:
                raise NotLoaded from error
            raise self._failed(error) from error
        except (library.rpc_error, OSError) as error:
            raise self._failed(error) from error
        except ValueError as error:
            if "closed channel" not in str(error):
                raise
            self._made = None  # the client gave its connection up
            raise self._failed(error) from error

    def _client(self, client_type: "type[MilvusClient]") -> "MilvusClient":
        with self._lock:
            if self._made is None:
                # A client of our own: a shared one may be closed by whoever shares it.
                self._made = client_type(
                    self.uri,
                    token=self._token,
                    db_name=self._database,
                    timeout=READ_TIMEOUT_S,
                    dedicated=True,
                    grpc_options=_CHANNEL,
                )
            return self._made

    def _failed(self, error: Exception) -> IndexUnavailable:
        """A code of the server's own, not the client's 0 to 2, says that it is there, and refused. Everybody
        may read it: where the server is and what it said stands in the log."""
        log.error("Milvus at %s: %s", self.uri, error)
        code = getattr(error, "code", None)
        if isinstance(code, int) and code > 2:
            return IndexUnavailable(
                _("Milvus refused what it was asked: ask an administrator, who finds more in the log of the "
                  "site.")
            )  # fmt: skip
        self._silent_until = time.monotonic() + PAUSE_S
        return IndexUnavailable(
            _("Milvus does not answer: try again in a moment. If that does not help, ask an administrator, "
              "who finds more in the log of the site.")
        )  # fmt: skip


class _Library(NamedTuple):
    """Of the package what is needed here; ``misuse`` are errors that only a mistake of ours can cause."""

    client: "type[MilvusClient]"
    error: "type[MilvusException]"
    rpc_error: type[Exception]
    misuse: tuple[type[Exception], ...]


class NotFound(Exception):
    """There is no such collection."""


class NotLoaded(Exception):
    """The collection is there, and not in memory."""


class Collections:
    """Those of one ``kind`` in ``server``, by index id."""

    def __init__(self, server: MilvusServer, kind: str) -> None:
        self._server = server
        self._prefix = f"youju_{kind}_"
        self._prepared: set[str] = set()

    def read(self, index_id: str, work: Work[_T], missing: _T) -> _T:
        """``work`` with the client and the collection's name; ``missing`` where there is none."""
        name = self._name(index_id)
        try:
            try:
                return self._server.reach(lambda client: work(client, name))
            except NotLoaded:
                # After a restart of Milvus Lite, or when somebody released it to save memory.
                self._server.reach(lambda client: client.load_collection(name, timeout=WRITE_TIMEOUT_S))
                return self._server.reach(lambda client: work(client, name))
        except NotFound:
            return missing

    def write(self, index_id: str, work: Work[_T], describe: Describe) -> _T:
        """``work``, after ``describe`` has made the collection where there is none."""
        name = self._name(index_id)
        while True:
            if fresh := name not in self._prepared:
                self._server.reach(lambda client: _prepare(client, name, describe))
                self._prepared.add(name)
            try:
                return self._server.reach(lambda client: work(client, name))
            except NotFound:  # dropped by another process meanwhile
                self._prepared.discard(name)
                if fresh:
                    raise

    def delete(self, index_id: str, ids: Sequence[str]) -> None:
        """Returns when everybody sees that they are gone."""

        def remove(client: "MilvusClient", name: str) -> None:
            for start in range(0, len(ids), LARGEST_BATCH):
                part = one_of("id", ids[start : start + LARGEST_BATCH])
                client.delete(name, filter=part, timeout=WRITE_TIMEOUT_S)
            _count(client, name)

        self.read(index_id, remove, None)

    def count(self, index_id: str) -> int:
        """Of everything written until now: it waits until that can be seen by all."""
        return self.read(index_id, _count, 0)

    def ids(self, index_id: str) -> Iterator[str]:
        def pages(client: "MilvusClient", name: str) -> list[str]:
            found: list[str] = []
            iterator = client.query_iterator(
                name,
                batch_size=PAGE,
                output_fields=["id"],
                consistency_level="Strong",
                timeout=WRITE_TIMEOUT_S,
            )
            try:
                while rows := iterator.next():
                    found += [row["id"] for row in rows]
            finally:
                iterator.close()
            return found

        nothing: list[str] = []
        yield from self.read(index_id, pages, nothing)

    def drop(self, index_id: str) -> None:
        name = self._name(index_id)
        self._prepared.discard(name)
        self.read(index_id, lambda client, _name: client.drop_collection(name, timeout=WRITE_TIMEOUT_S), None)

    def indexes(self) -> list[str]:
        names = self._server.reach(lambda client: client.list_collections(timeout=READ_TIMEOUT_S))
        return sorted(
            _unescaped(name.removeprefix(self._prefix)) for name in names if name.startswith(self._prefix)
        )

    def _name(self, index_id: str) -> str:
        """Milvus takes letters, digits and underscores."""
        if not _INDEX_ID.fullmatch(index_id):
            raise ValueError(f"{index_id!r} cannot name an index; use letters, digits, '-', '_' and '.'")
        return self._prefix + re.sub(r"[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):02x}", index_id)


def one_of(field: str, values: Collection[str] | Collection[int]) -> str:
    """The condition that ``field`` is one of ``values``. The client's own way does not escape quotes, and
    Milvus Lite takes no values beside the text of a condition."""
    return f"{field} in {json.dumps(list(values), ensure_ascii=False)}"


def _unescaped(name: str) -> str:
    return re.sub(r"_([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), name)


def _count(client: "MilvusClient", name: str) -> int:
    rows = client.query(name, output_fields=["count(*)"], consistency_level="Strong", timeout=WRITE_TIMEOUT_S)
    return int(rows[0]["count(*)"])


def _prepare(client: "MilvusClient", name: str, describe: Describe) -> None:
    """Makes what is missing of collection and indexes, and has it loaded; all of it may be there."""
    schema, params = (
        client.create_schema(auto_id=False, enable_dynamic_field=False),
        client.prepare_index_params(),
    )
    describe(schema, params)
    if not client.has_collection(name, timeout=READ_TIMEOUT_S):
        # Searches see what is some moments old, and do not wait; writers wait for their writes themselves.
        client.create_collection(name, schema=schema, consistency_level="Bounded", timeout=WRITE_TIMEOUT_S)
    if len(client.list_indexes(name)) < len(params):
        client.create_index(name, params, sync=False, timeout=WRITE_TIMEOUT_S)
    client.load_collection(name, timeout=WRITE_TIMEOUT_S)


@lru_cache(maxsize=1)
def _library() -> "_Library":
    try:
        import grpc
        from pymilvus import MilvusClient, MilvusException
        from pymilvus.exceptions import DataNotMatchException, DataTypeNotMatchException, ParamError
    except ImportError as error:
        raise IndexUnavailable(
            _("Milvus needs a package: pip install -r requirements-milvus.txt (%(reason)s)")
            % {"reason": error}
        ) from error
    # It logs every error with its traceback, those that are expected here too.
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    return _Library(
        MilvusClient,
        MilvusException,
        grpc.RpcError,
        (ParamError, DataNotMatchException, DataTypeNotMatchException),
    )
