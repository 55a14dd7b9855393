"""The keeper of access tokens, over memory and over a real Redis server."""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from llm.ernie_redis import PREFIX, RedisTokens
from llm.ernie_token import Credentials, FreshToken, MemoryTokens, TokenKeeper, TokenStore
from llm.errors import Unavailable
from tests.chat import conftest as chat_fixtures

redis_url = chat_fixtures.redis_url
CREDENTIALS = Credentials("api-key-0001", "secret-key-0002")


class Grants:
    """Gives ``t1``, ``t2``, … and counts."""

    def __init__(self, expires_in_s: float = 2_592_000) -> None:
        self.count = 0
        self.expires_in_s = expires_in_s
        self._lock = threading.Lock()

    def __call__(self) -> FreshToken:
        # Long enough for others to come in where nothing holds them back.
        threading.Event().wait(0.05)
        with self._lock:
            self.count += 1
            return FreshToken(f"t{self.count}", self.expires_in_s)


@pytest.fixture
def url(redis_url: str) -> Iterator[str]:
    yield redis_url
    redis.Redis.from_url(redis_url).flushall()


@pytest.fixture(params=["memory", "redis"])
def new_store(request: pytest.FixtureRequest) -> Callable[[], TokenStore]:
    """Makes stores as so many processes would."""
    if request.param == "redis":
        address = request.getfixturevalue("url")
        return lambda: RedisTokens(address)
    shared = MemoryTokens()
    return lambda: shared


def keeper(store: TokenStore, fetch: Callable[[], FreshToken], place: str = "https://a") -> TokenKeeper:
    return TokenKeeper(CREDENTIALS, store, fetch, place)


def test_a_token_is_fetched_once(new_store: Callable[[], TokenStore]) -> None:
    grants = Grants()

    assert [keeper(new_store(), grants).token() for _ in range(3)] == ["t1"] * 3
    assert grants.count == 1


def test_a_refused_token_is_replaced_and_the_new_one_shared(new_store: Callable[[], TokenStore]) -> None:
    grants = Grants()
    first, second = keeper(new_store(), grants), keeper(new_store(), grants)
    assert first.token() == second.token() == "t1"

    assert first.token(refused="t1") == "t2"
    assert second.token(refused="t1") == "t2"
    assert grants.count == 2


def test_eight_at_once_fetch_one(new_store: Callable[[], TokenStore]) -> None:
    grants = Grants()
    keepers = [keeper(new_store(), grants) for _ in range(8)]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda each: each.token(), keepers)) == {"t1"}
    assert grants.count == 1


def test_a_failure_frees_the_lock(new_store: Callable[[], TokenStore]) -> None:
    def fail() -> FreshToken:
        raise Unavailable("down")

    store = new_store()
    with pytest.raises(Unavailable):
        keeper(store, fail).token()

    assert keeper(store, Grants()).token() == "t1"


def test_it_is_renewed_before_it_ends(new_store: Callable[[], TokenStore]) -> None:
    grants = Grants(expires_in_s=1)
    store = new_store()
    keeper(store, grants).token()
    threading.Event().wait(0.95)

    assert keeper(store, grants).token() == "t2"


@pytest.mark.parametrize(("says", "usable"), [(2_592_000, 2_588_400), (600, 540), (0, 0)])
def test_the_margin(says: float, usable: float) -> None:
    assert FreshToken("t", says).usable_s == usable


def test_other_keys_and_other_servers_have_their_own(new_store: Callable[[], TokenStore]) -> None:
    grants, store = Grants(), new_store()
    other = TokenKeeper(Credentials("api-key-0001", "another"), store, grants, "https://a")

    tokens = [
        keeper(store, grants).token(),
        other.token(),
        keeper(store, grants, place="https://b").token(),
    ]

    assert tokens == ["t1", "t2", "t3"]


def test_redis_holds_neither_keys_nor_the_token_itself(url: str) -> None:
    keeper(RedisTokens(url), lambda: FreshToken("24.the-token", 7200)).token()

    client = redis.Redis.from_url(url, decode_responses=True)
    (key,) = client.keys(f"{PREFIX}*")
    value = client.get(key)
    for secret in ("api-key-0001", "secret-key-0002", "the-token"):
        assert secret not in str(key) + str(value)
    assert 6000 < client.ttl(key) <= 6480


def test_what_somebody_else_wrote_there_is_no_token(url: str) -> None:
    keeper(RedisTokens(url), Grants()).token()
    client = redis.Redis.from_url(url)
    (key,) = client.keys(f"{PREFIX}*")
    client.set(key, "rubbish")

    assert keeper(RedisTokens(url), lambda: FreshToken("mine", 7200)).token() == "mine"


def test_the_lock_spans_processes(url: str) -> None:
    name = uuid.uuid4().hex
    entered = threading.Event()

    def enter() -> None:
        with RedisTokens(url).lock(name):
            entered.set()

    with RedisTokens(url).lock(name):
        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.3)
    assert entered.wait(10)
    waiting.join()


def test_without_redis_memory_serves(tmp_path: Path) -> None:
    grants = Grants()
    store = RedisTokens(f"unix://{tmp_path}/nobody.sock")

    assert keeper(store, grants).token() == keeper(store, grants).token() == "t1"
    assert keeper(store, grants).token(refused="t1") == "t2"
