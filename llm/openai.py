"""Any server that speaks OpenAI's chat completions: the protocol of vLLM, llama-server, Ollama, Qianfan v2.

The SDK makes the request and knows its errors; the event stream is read here, because only so can a
connection that dropped before ``[DONE]`` be told from one that ended.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_noop

from llm import fields, server_errors
from llm import openai_errors as say
from llm.errors import LLMError
from llm.openai_stream import Chunk, read_chunks
from llm.read_ahead import AFTER_END_S, Line, Silence, read_ahead
from llm.server_errors import Place
from llm.thinking import Part, ThinkSplitter
from llm.tokens import estimate
from llm.types import Delta, Description, Kind, Options, Request, Usage

if TYPE_CHECKING:
    from openai import APIResponse, OpenAI

CONNECT_S = 10.0
MOST_CONNECTIONS = 1000
# What some servers refuse to be told, and can do without.
DISPENSABLE = ("stream_options", "temperature", "stop")

NOTHING = Chunk()


class OpenAICompatible:
    """An empty ``model`` means the first one that the server lists.

    Asks once: who wants an error's ``retry_after`` waited out does so around this.
    """

    name: ClassVar[str] = "openai"
    kind: ClassVar[Kind] = Kind(
        title=gettext_noop("OpenAI-compatible server"),
        examples=gettext_noop("Ollama, vLLM, llama-server, LocalAI, LM Studio, OpenAI"),
        required=frozenset({"base_url"}),
        optional=frozenset({"model", "api_key"}),
        preset=Options(base_url="http://127.0.0.1:11434/v1"),
    )

    def __init__(self, options: Options) -> None:
        fields.check(options, self.kind)
        self._options = options
        self._base_url = options.base_url.strip().rstrip("/")
        self._api_key = options.api_key.strip()
        self._model = options.model.strip()
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
        """An empty ``Delta`` for each moment in which nothing comes."""
        splitter = ThinkSplitter()
        finish, usage = "", None
        try:
            with closing(self._chunks(request)) as chunks:
                for chunk in chunks:
                    finish, usage = chunk.finish_reason or finish, chunk.usage or usage
                    yield from _deltas(chunk, splitter)
        except Silence as error:
            if not finish:
                raise server_errors.silent(self.place, error.seconds) from error
        yield from map(_delta, splitter.close())
        yield Delta(usage=Usage(*usage) if usage else None, finish_reason=finish or "stop")

    def headers(self) -> dict[str, str]:
        """Sent with every request, beside those of the protocol."""
        return {}

    def parameters(self) -> Mapping[str, Any]:
        """Laid over the body of every chat request."""
        return self._options.parameters

    def body(self, request: Request) -> dict[str, Any]:
        """The chat request without model, streaming and ``parameters``."""
        body: dict[str, Any] = {
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
        }
        return body | ({"stop": list(request.stop)} if request.stop else {})

    def refusal(self, error: LLMError) -> LLMError:
        """The last word on an error of the server; a provider may know better what it means."""
        return error

    @property
    def place(self) -> Place:
        return Place(self._base_url, self._model, self._api_key)

    @cached_property
    def _client(self) -> "OpenAI":
        import httpx2
        from openai import DefaultHttpxClient, OpenAI

        longest = max(self._options.timeout_s, self._options.silence_s)
        timeout = httpx2.Timeout(longest, connect=min(CONNECT_S, longest))
        limits = httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=100)
        return OpenAI(
            api_key=self._api_key or "none",
            base_url=self._base_url,
            timeout=timeout,
            max_retries=0,
            default_headers=self.headers(),
            http_client=DefaultHttpxClient(base_url=self._base_url, timeout=timeout, limits=limits),
        )

    def _chunks(self, request: Request) -> Generator[Chunk, None, None]:
        # Loading the SDK takes seconds on a busy machine, for which no server is to blame.
        _loaded = self._client.chat.completions
        chunks = read_ahead(
            lambda line: self._read(request, line),
            start_s=self._options.timeout_s,
            bound_after=self._bound_after,
        )
        with closing(chunks):
            for chunk in chunks:
                _raise_if_blocked(chunk or NOTHING)
                yield chunk or NOTHING

    def _bound_after(self, chunk: Chunk) -> float | None:
        if chunk.finish_reason:
            return min(AFTER_END_S, self._options.silence_s)
        return self._options.silence_s if chunk.text or chunk.reasoning else None

    def _read(self, request: Request, line: Line[Chunk]) -> Generator[Chunk, None, None]:
        with self._started(self._params(request)) as response:
            connection = response.http_response.extensions["network_stream"].get_extra_info("socket")
            with line.over(connection):
                yield from read_chunks(response, self.place)

    @contextmanager
    def _started(self, params: dict[str, Any]) -> "Iterator[APIResponse[Any]]":
        """The response's head has arrived."""
        manager, response = self._enter(params)
        try:
            yield response
        finally:
            manager.__exit__(None, None, None)

    def _enter(self, params: dict[str, Any]) -> Any:
        """What the server says it does not take is left out, one parameter after the other."""
        from openai import APIStatusError

        overlay = dict(self.parameters())
        while True:
            manager = self._client.chat.completions.with_streaming_response.create(
                **params, extra_body=overlay
            )
            with self._translated():
                try:
                    return manager, manager.__enter__()
                except APIStatusError as error:
                    smaller = _without_refused(params, error)
                    if smaller is None:
                        raise
                    params = smaller

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import httpx2
        import openai

        try:
            yield
        except openai.APIStatusError as error:
            wait = server_errors.seconds(error.response.headers.get("retry-after"))
            body = error.body if error.body is not None else error.response.text
            said = say.from_body(error.status_code, body, self.place, retry_after=wait)
            # Not chained: the SDK's error repeats the server's words, in which a key may stand.
            raise self.refusal(said) from None
        except openai.APITimeoutError as error:
            raise server_errors.silent(self.place, self._options.timeout_s) from error
        except openai.APIConnectionError as error:
            raise server_errors.unreachable(self.place) from error
        except httpx2.RequestError as error:
            raise server_errors.dropped(self.place) from error
        except openai.OpenAIError as error:
            raise say.not_the_protocol(self.place, str(error)) from error

    def _params(self, request: Request) -> dict[str, Any]:
        params = self.body(request) | {
            "model": self._model_name(),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if "max_completion_tokens" in self.parameters():
            params.pop("max_tokens", None)
        return params

    def _model_name(self) -> str:
        with self._lock:
            if not self._model:
                with self._translated():
                    listed = getattr(self._client.models.list(), "data", None)
                if not listed:
                    raise say.nothing_listed(self.place)
                self._model = str(listed[0].id)
            return self._model


def _raise_if_blocked(chunk: Chunk) -> None:
    if chunk.begin_anew:
        raise server_errors.history_refused()
    if chunk.blocked:
        raise server_errors.blocked()


def _deltas(chunk: Chunk, splitter: ThinkSplitter) -> Iterator[Delta]:
    if chunk is NOTHING:
        yield Delta()
    if chunk.reasoning:
        yield Delta(reasoning=chunk.reasoning)
    yield from map(_delta, splitter.feed(chunk.text) if chunk.text else [])


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
    for name in DISPENSABLE:
        if name in said and rest.pop(name, None) is not None:
            return rest
    return None
