"""``python -m bench.streams``: many answers streamed at once by the whole site, against the model's own pace.

The model is a loopback stub that says one word every few milliseconds. Measured for each number of
readers: the time from the model's first word to the first byte of the first token at the reader, how
much later than the model a reader is done, and the whole time against the model's own.
"""

import argparse
import asyncio
import json
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench import history
from tests.chat.slow_model import Script, SlowModel, Spoken
from tests.e2e.conftest import Api, with_administrator
from tests.e2e.site import Site

QUESTION = "How high is the lighthouse?"
DOCUMENT = b"# Coast\n\nThe lighthouse was built in 1897. It is 42 metres high. Its keeper was Ada Holm.\n"
_ALL_AT_ONCE = """
from llm import endpoints
from llm.models import Endpoint
endpoints.line_up()
for endpoint in Endpoint.objects.all():
    endpoint.concurrency = 256
    endpoint.save()
"""
_NUMBER = re.compile(r"w(\d+)-")


@dataclass
class Heard:
    """What one reader saw; times are of ``time.monotonic``."""

    asked: float = 0.0
    first: float = 0.0
    done: float = 0.0
    status: str = ""
    words: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        found = _NUMBER.match("".join(self.words))
        return int(found[1]) if found else -1


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.streams", description=__doc__)
    parser.add_argument("--readers", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--words", type=int, default=100, help="of each answer")
    parser.add_argument("--every", type=float, default=0.05, help="seconds between two words")
    history.add_option(parser)
    options = parser.parse_args()
    script = Script([f"w{{n}}-{place} " for place in range(options.words)], every_s=options.every)
    with tempfile.TemporaryDirectory(prefix="youju-streams-") as folder, SlowModel(script).serving() as model:
        site = Site(Path(folder) / "data", extra=_environment(model))
        try:
            api = _prepared(site)
            results = [measure(site, api, model, readers) for readers in options.readers]
        finally:
            if site.process is not None and site.process.poll() is None:
                site.stop()
    settings = {"readers": options.readers, "words": options.words, "every": options.every}
    figures = {f"{result['readers']}_readers": result for result in results}
    history.report("streams", figures, settings=settings, keep=not options.no_history)


def _environment(model: SlowModel) -> dict[str, str]:
    return {
        "LLM_BASE_URL": model.base_url,
        "LLM_MODEL": "slow",
        "RATE_LIMIT_CHAT": "off",
    }


def _prepared(site: Site) -> Api:
    site.start()
    api = with_administrator(site)
    site.manage("shell", "-c", _ALL_AT_ONCE)
    api.call("POST", "/collections", json={"name": "Coast", "slug": "coast"})
    api.upload("coast", {"coast.md": DOCUMENT})
    deadline = time.monotonic() + 60
    while api.call("GET", "/collections/coast/documents?status=ready").json()["count"] < 1:
        if time.monotonic() > deadline:
            raise SystemExit("the document is not ready")
        time.sleep(0.2)
    return api


def measure(site: Site, api: Api, model: SlowModel, readers: int) -> dict[str, Any]:
    model.spoken.clear()
    web = site.children("uvicorn")
    used = _seconds_used(web)
    began = time.monotonic()
    heard = asyncio.run(_read(site, api, readers))
    took = time.monotonic() - began
    complete = [one for one in heard if one.status == "done" and len(one.words) > 0]
    spoken: dict[int, Spoken] = {one.number: one for one in model.spoken}
    pairs = [(one, spoken[one.number]) for one in complete if one.number in spoken]
    in_order = sum("".join(one.words) == said.text for one, said in pairs)
    alone = max((said.ended - said.first_word for _one, said in pairs), default=0.0)
    return {
        "readers": readers,
        "complete": len(complete),
        "outcomes": dict(Counter(one.status for one in heard)),
        "all_words_in_order": in_order,
        "first_byte_after_first_word_ms": _spread([one.first - said.first_word for one, said in pairs]),
        "done_after_model_ms": _spread([one.done - said.ended for one, said in pairs]),
        "asked_to_first_word_ms": _spread([said.first_word - one.asked for one, said in pairs]),
        "model_s": round(alone, 2),
        "whole_s": round(took, 2),
        "web_cpu_s": round(_seconds_used(web) - used, 2),
        "web_processes": len(web),
        "web_memory_mb": round(sum(process.memory_info().rss for process in web) / 2**20),
        "web_threads": sum(process.num_threads() for process in web),
    }


def _seconds_used(processes: list[psutil.Process]) -> float:
    """Of the processor, all of them together."""
    times = [process.cpu_times() for process in processes]
    return float(sum(each.user + each.system for each in times))


def _spread(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {
        "p50": round(1000 * ordered[len(ordered) // 2], 1),
        "p95": round(1000 * ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 1),
        "max": round(1000 * ordered[-1], 1),
    }


async def _read(site: Site, api: Api, readers: int) -> list[Heard]:
    return await asyncio.gather(*(_one(site, api) for _ in range(readers)))


async def _one(site: Site, api: Api) -> Heard:
    heard = Heard(asked=time.monotonic())
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    body = json.dumps({"question": QUESTION, "collections": ["coast"], "stream": True}).encode()
    writer.write(
        b"POST /api/v1/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
        % (api.key.encode(), len(body), body)
    )
    event = ""
    while line := (await reader.readline()).decode().strip("\r\n"):
        heard.status = heard.status or line  # the head of the response
    async for raw in reader:
        line = raw.decode().rstrip("\r\n")
        if line.startswith("event: "):
            event = line[7:]
        elif line.startswith("data: "):
            _take(heard, event, line[6:])
    writer.close()
    return heard


def _take(heard: Heard, event: str, data: str) -> None:
    if event == "token":
        heard.first = heard.first or time.monotonic()
        heard.words.append(json.loads(data)["text"])
    elif event in {"done", "error"}:
        heard.done = time.monotonic()
        heard.status = event if event == "done" else f"error {json.loads(data).get('type')}"


if __name__ == "__main__":
    main()
