"""Any server that speaks OpenAI's chat completions: the protocol of vLLM, llama-server, Ollama, Qianfan v2.

The SDK makes the request and knows its errors; the event stream is read here, because only so can a
connection that dropped before ``[DONE]`` be told from one that ended.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ImproperlyConfigured

from llm import openai_errors as say
from llm.errors import LLMError, RateLimited, Unavailable
from llm.openai_stream import Chunk, read_chunks
from llm.thinking import Part, ThinkSplitter
from llm.tokens import estimate
from llm.types import Delta, Description, Kind, Options, Request, Usage

if TYPE_CHECKING:
    from openai import APIResponse, OpenAI

LONGEST_WAIT_S = 3.0
ATTEMPTS = 2


class OpenAICompatible:
    """An empty ``model`` means the first one that the server lists."""

    name: ClassVar[str] = "openai"
    kind: ClassVar[Kind] = Kind(
        title="OpenAI-compatible server (Ollama, vLLM, llama-server, LocalAI, LM Studio, OpenAI)",
        required=frozenset({"base_url"}),
        optional=frozenset({"model", "api_key"}),
        preset=Options(base_url="http://127.0.0.1:11434/v1"),
    )

    def __init__(self, options: Options) -> None:
        if not options.base_url:
            raise ImproperlyConfigured(
                "the language model has no address: give the base URL of its API, for example "
                "http://127.0.0.1:8080/v1"
            )
        self._options = options
        self._base_url = options.base_url.rstrip("/")
        self._api_key = options.api_key
        self._model = options.model
        self._timeout_s = options.timeout_s
        self._silence_s = options.silence_s
        self._lock = Lock()

    def describe(self) -> Description:
        return Description(
            backend=self.name,
            model=self._model,
            is_model=True,
            context_tokens=self._options.context_tokens,
            max_tokens=self._options.max_tokens,
            context_words=self._options.context_words,
            details={"base_url": self._base_url},
        )

    def count_tokens(self, text: str) -> int:
        return estimate(text)

    def stream(self, request: Request) -> Iterator[Delta]:
        splitter = ThinkSplitter()
        finish = ""
        with self._opened(request) as chunks:
            for chunk in chunks:
                finish = chunk.finish_reason or finish
                if chunk.blocked:
                    raise say.from_body(403, {"error": {"code": "content_filter"}}, self._place)
                yield from _deltas(chunk, splitter)
        yield from map(_delta, splitter.close())
        yield Delta(finish_reason=finish or "stop")

    @property
    def _place(self) -> say.Place:
        return say.Place(self._base_url, self._model, self._api_key)

    @cached_property
    def _client(self) -> "OpenAI":
        import httpx2
        from openai import OpenAI

        return OpenAI(
            api_key=self._api_key or "none",
            base_url=self._base_url,
            timeout=httpx2.Timeout(self._timeout_s, connect=min(10.0, self._timeout_s)),
            max_retries=0,
        )

    @contextmanager
    def _opened(self, request: Request) -> Iterator[Iterator[Chunk]]:
        import httpx2

        with self._started(self._params(request)) as response:
            # From here on this bound holds between two reads of the body (httpx's "timeout" extension).
            response.http_request.extensions["timeout"]["read"] = self._silence_s
            try:
                yield read_chunks(response, self._place)
            except httpx2.TimeoutException as error:
                raise say.silent(self._place, self._silence_s) from error
            except httpx2.TransportError as error:
                raise say.dropped(self._place) from error

    @contextmanager
    def _started(self, params: dict[str, Any]) -> "Iterator[APIResponse[Any]]":
        """The response's head has arrived. A short wait the server asks for is granted once, and
        parameters that it does not know are left out."""
        manager, response = self._enter(params)
        try:
            yield response
        finally:
            manager.__exit__(None, None, None)

    def _enter(self, params: dict[str, Any]) -> Any:
        from openai import APIStatusError

        attempt = 1
        while True:
            manager = self._client.chat.completions.with_streaming_response.create(**params)
            try:
                with self._translated():
                    return manager, manager.__enter__()
            except (RateLimited, Unavailable) as error:
                if attempt >= ATTEMPTS or (error.retry_after or 0) > LONGEST_WAIT_S:
                    raise
                attempt += 1
                time.sleep(error.retry_after or 0.3)
            except LLMError as error:
                cause = error.__cause__
                smaller = _without_refused(params, cause) if isinstance(cause, APIStatusError) else None
                if smaller is None:
                    raise
                params = smaller

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import openai

        try:
            yield
        except openai.APIStatusError as error:
            wait = _seconds(error.response.headers.get("retry-after"))
            body = error.body if error.body is not None else error.response.text
            raise say.from_body(error.status_code, body, self._place, retry_after=wait) from error
        except openai.APITimeoutError as error:
            raise say.silent(self._place, self._timeout_s) from error
        except openai.APIConnectionError as error:
            raise say.unreachable(self._place) from error
        except openai.OpenAIError as error:
            raise say.not_the_protocol(self._place, str(error)) from error

    def _params(self, request: Request) -> dict[str, Any]:
        params: dict[str, Any] = {
            "model": self._model_name(),
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.stop:
            params["stop"] = list(request.stop)
        return params

    def _model_name(self) -> str:
        with self._lock:
            if not self._model:
                with self._translated():
                    listed = self._client.models.list().data or []
                if not listed:
                    raise say.not_the_protocol(self._place, "GET /models lists no model; set LLM_MODEL.")
                self._model = listed[0].id
            return self._model


def _deltas(chunk: Chunk, splitter: ThinkSplitter) -> Iterator[Delta]:
    if chunk.reasoning:
        yield Delta(reasoning=chunk.reasoning)
    yield from map(_delta, splitter.feed(chunk.text) if chunk.text else [])
    if chunk.usage is not None:
        yield Delta(usage=Usage(*chunk.usage))


def _delta(part: Part) -> Delta:
    kind, text = part
    return Delta(text=text) if kind == "text" else Delta(reasoning=text)


def _without_refused(params: dict[str, Any], error: Any) -> dict[str, Any] | None:
    """The same request without what the server says it does not take, or ``None``."""
    said = str(error.message)
    rest = dict(params)
    if error.status_code not in (400, 422):
        return None
    if "max_completion_tokens" in said and "max_tokens" in rest:
        return rest | {"max_completion_tokens": rest.pop("max_tokens")}
    for name in ("stream_options", "temperature", "stop"):
        if name in said and rest.pop(name, None) is not None:
            return rest
    return None


def _seconds(header: str | None) -> float | None:
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None
