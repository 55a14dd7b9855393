"""A loopback server that speaks OpenAI's chat completions slowly, to any number of readers at once."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Script:
    """What one answer does: it says ``words``, one every ``every_s``.

    After ``hold_after`` words it falls silent until ``SlowModel.go_on``; after ``drop_after`` words the
    connection breaks. With ``loading_s`` it says nothing but that it is still being loaded for so long.
    """

    words: list[str]
    every_s: float = 0.05
    first_s: float = 0.0
    hold_after: int | None = None
    drop_after: int | None = None
    loading_s: int = 0


@dataclass
class Spoken:
    """One answer as it was sent; times are of ``time.monotonic``."""

    number: int
    text: str = ""
    began: float = 0.0
    first_word: float = 0.0
    ended: float = 0.0
    left_early: bool = False


@dataclass
class SlowModel:
    """``script`` is what every answer does; ``{n}`` in a word becomes the answer's number."""

    script: Script = field(default_factory=lambda: Script(["Hello."]))
    spoken: list[Spoken] = field(default_factory=list)
    speaking: int = 0
    most_speaking: int = 0

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._held = asyncio.Event()
        self._port = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def go_on(self) -> None:
        """Ends the silence of all answers that are held."""
        self._loop.call_soon_threadsafe(self._held.set)

    def hold_again(self) -> None:
        self._loop.call_soon_threadsafe(self._held.clear)

    @contextmanager
    def serving(self) -> Iterator["SlowModel"]:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512))
        self._port = server.sockets[0].getsockname()[1]
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            server.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lengths = [line for line in head.lower().splitlines() if line.startswith("content-length:")]
        await reader.readexactly(int(lengths[0].split(":")[1]) if lengths else 0)
        if head.startswith("GET"):
            body = json.dumps({"object": "list", "data": [{"id": "slow", "object": "model"}]}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
            return True
        if self.script.loading_s:
            await self._say_loading(writer)
            return True
        return await self._speak(writer)

    async def _say_loading(self, writer: asyncio.StreamWriter) -> None:
        error = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
        body = json.dumps({"error": error}).encode()
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n")
        writer.write(b"Retry-After: %d\r\n" % self.script.loading_s)
        writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()

    async def _speak(self, writer: asyncio.StreamWriter) -> bool:
        said = Spoken(len(self.spoken), began=time.monotonic())
        self.spoken.append(said)
        self.speaking += 1
        self.most_speaking = max(self.most_speaking, self.speaking)
        try:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
            writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
            return await self._words(writer, said)
        except ConnectionError:
            said.left_early = True
            raise
        finally:
            self.speaking -= 1
            said.ended = time.monotonic()

    async def _words(self, writer: asyncio.StreamWriter, said: Spoken) -> bool:
        script = self.script
        await _send(writer, _chunk({"role": "assistant", "content": ""}))
        await asyncio.sleep(script.first_s)
        due = time.monotonic()
        for place, word in enumerate(script.words):
            if place == script.drop_after:
                writer.transport.abort()
                return False
            if place == script.hold_after:
                await self._held.wait()
                due = time.monotonic()
            said.first_word = said.first_word or time.monotonic()
            text = word.replace("{n}", str(said.number))
            said.text += text
            await _send(writer, _chunk({"content": text}))
            due += script.every_s
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        await _send(writer, _chunk({}, finish="stop"))
        await _send(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


def _chunk(delta: dict[str, Any], finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "slow", "choices": [choice]}
    return json.dumps(chunk)


async def _send(writer: asyncio.StreamWriter, data: str) -> None:
    framed = f"data: {data}\n\n".encode()
    writer.write(b"%x\r\n%s\r\n" % (len(framed), framed))
    await writer.drain()
