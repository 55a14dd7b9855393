"""The thread that reads and the one that waits, over a real pair of sockets."""

import socket
import threading
from collections.abc import Generator, Iterator

import pytest

from llm.read_ahead import Line, Silence, read_ahead


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def items(
    connection: socket.socket,
    ended: threading.Event | None = None,
    *,
    start_s: float = 10,
    silence_s: float = 10,
) -> Generator[bytes | None, None, None]:
    """What arrives on ``connection``; the answer begins with a capital letter."""

    def read(line: Line[bytes]) -> Generator[bytes, None, None]:
        try:
            with line.over(connection):
                while piece := connection.recv(1):
                    yield piece
        finally:
            if ended is not None:
                ended.set()

    return read_ahead(read, start_s=start_s, bound_after=lambda item: silence_s if item.isupper() else None)


def test_what_comes_is_given_in_order_up_to_the_end(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.sendall(b"abc")
    theirs.shutdown(socket.SHUT_WR)

    assert [item for item in items(ours) if item is not None] == [b"a", b"b", b"c"]


def test_while_nothing_comes_none_is_given(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    waiting = items(ours)
    assert next(waiting) is None

    theirs.sendall(b"x")
    assert next(item for item in waiting if item is not None) == b"x"


@pytest.mark.parametrize(("sent", "seconds"), [(b"", 0.6), (b"a", 0.6), (b"aB", 0.3)])
def test_the_bound_is_another_once_the_answer_has_begun(
    pair: tuple[socket.socket, socket.socket], sent: bytes, seconds: float
) -> None:
    ours, theirs = pair
    theirs.sendall(sent)

    with pytest.raises(Silence) as caught:
        list(items(ours, start_s=0.6, silence_s=0.3))
    assert caught.value.seconds == seconds


def test_leaving_wakes_the_reader(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    ended = threading.Event()
    waiting = items(ours, ended)
    assert next(waiting) is None

    waiting.close()

    assert ended.wait(10)
    assert theirs.recv(1) == b""


def test_a_connection_that_comes_too_late_is_not_read() -> None:
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def read(line: Line[str]) -> Generator[str, None, None]:
        started.set()
        go_on.wait(10)
        try:
            with line.over(None):
                yield "never"
        finally:
            ended.set()

    waiting = read_ahead(read, start_s=10, bound_after=lambda _: None)
    assert next(waiting) is None
    assert started.is_set()
    waiting.close()
    go_on.set()

    assert ended.wait(10)


def test_a_finished_connection_is_left_alone(pair: tuple[socket.socket, socket.socket]) -> None:
    """It may serve somebody else by then."""
    ours, theirs = pair

    def read(line: Line[bytes]) -> Generator[bytes, None, None]:
        with line.over(ours):
            yield ours.recv(1)

    theirs.sendall(b"x")
    (given,) = read_ahead(read, start_s=10, bound_after=lambda _: None)
    assert given == b"x"

    ours.sendall(b"still open")
    assert theirs.recv(10) == b"still open"


def test_errors_are_raised_where_somebody_waits() -> None:
    def read(line: Line[str]) -> Generator[str, None, None]:
        yield "one"
        raise ValueError("two")

    received = []
    with pytest.raises(ValueError, match="two"):
        for item in read_ahead(read, start_s=10, bound_after=lambda _: None):
            received.append(item)
    assert received == ["one"]
