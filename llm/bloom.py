"""BLOOM and other base models behind text-generation-inference or a Hugging Face Inference Endpoint.

The address is used exactly as given: at its root such a server streams where ``stream`` is true, and so
does ``/generate_stream``; ``/generate`` and endpoints without text-generation-inference answer whole.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_noop

from llm import bloom_errors as say
from llm import continuation, fields, server_errors
from llm.bloom_stream import Piece, read_pieces
from llm.continuation import Continuation, Room, StopCutter
from llm.read_ahead import Line, Silence, read_ahead
from llm.server_errors import Place
from llm.tokens import estimate
from llm.types import Delta, Description, Kind, Options, Request, Usage

if TYPE_CHECKING:
    import httpx2

MAX_STOPS = 4
CONNECT_S = 10.0
MOST_CONNECTIONS = 1000
ATTEMPTS = 3
SAFETY_SHARE = 0.95
DEFAULTS = {"repetition_penalty": 1.15}


class Bloom:
    """Continues ``Context: … Question: … Answer:`` and cuts the answer at the first stop string.

    ``parameters`` are those of text-generation-inference's ``parameters`` object.
    """

    name: ClassVar[str] = "bloom"
    kind: ClassVar[Kind] = Kind(
        title=gettext_noop("BLOOM or another base model"),
        examples=gettext_noop("text-generation-inference, Hugging Face endpoint"),
        required=frozenset({"base_url"}),
        optional=frozenset({"model", "api_key"}),
        preset=Options(
            base_url="http://127.0.0.1:8080", context_tokens=2048, max_tokens=256, context_words=700
        ),
        # Hugging Face loads a model when it is asked for, which takes minutes.
        patience_s=180,
    )

    def __init__(self, options: Options) -> None:
        fields.check(options, self.kind)
        self._options = options
        self._url = options.base_url.strip()
        self._place = Place(self._url, options.model, options.api_key.strip())

    def describe(self) -> Description:
        return Description(
            backend=self.name,
            model=self._options.model,
            is_model=True,
            context_tokens=self._options.context_tokens,
            max_tokens=self._options.max_tokens,
            context_words=self._options.context_words,
            follows_instructions=False,
            details={"base_url": self._url},
        )

    def count_tokens(self, text: str) -> int:
        return estimate(text)

    def stream(self, request: Request) -> Iterator[Delta]:
        """An empty ``Delta`` for each moment in which nothing comes."""
        # Loaded first: no server is to blame for the time that this takes.
        _loaded = self._client
        pieces = read_ahead(
            lambda line: self._read(request, line),
            start_s=self._options.timeout_s,
            bound_after=lambda piece: self._options.silence_s if piece.text else None,
        )
        try:
            with closing(pieces):
                yield from _deltas(pieces, StopCutter(continuation.stop_strings(request)))
        except Silence as error:
            raise server_errors.silent(self._place, error.seconds) from error

    def _read(self, request: Request, line: Line[Piece]) -> Generator[Piece, None, None]:
        response, sent = self._start(request)
        try:
            with line.over(response.extensions["network_stream"].get_extra_info("socket")):
                yield from read_pieces(response, self._place, sent.prompt)
        finally:
            response.close()

    def _start(self, request: Request) -> "tuple[httpx2.Response, Continuation]":
        """The head of an answer has arrived.

        Parameters that the server does not take are left out, and a prompt that it counts as too long is
        made shorter, before the refusal is raised.
        """
        left_out: set[str] = set()
        tokens = self._options.context_tokens - self._max_tokens(request)
        attempts = ATTEMPTS
        while True:
            attempts -= 1
            sent = continuation.build(request, Room(tokens, estimate, self._options.context_words))
            response = self._send(self._payload(request, sent, left_out))
            if response.status_code == 200:
                return response, sent
            body = self._body(response)
            unused = say.unused_parameters(say.said(body))
            limit = say.token_limit(say.said(body))
            if not attempts or not (unused - left_out or (limit and request.sources)):
                wait = server_errors.seconds(response.headers.get("retry-after"))
                raise say.from_body(response.status_code, body, self._place, wait)
            left_out |= unused
            if limit:
                tokens = int(tokens * min(1.0, limit[0] / limit[1]) * SAFETY_SHARE)

    def _send(self, payload: dict[str, Any]) -> "httpx2.Response":
        import httpx2

        try:
            return self._client.send(self._client.build_request("POST", self._url, json=payload), stream=True)
        except httpx2.ConnectTimeout as error:
            raise server_errors.unreachable(self._place) from error
        except httpx2.TimeoutException as error:
            raise server_errors.silent(self._place, self._options.timeout_s) from error
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise server_errors.unreachable(self._place) from error

    def _body(self, response: "httpx2.Response") -> object:
        """The body of a refusal, as JSON where it is, and nothing where it does not arrive."""
        import httpx2

        try:
            response.read()
            return response.json()
        except httpx2.RequestError:
            return ""
        except ValueError:
            return response.text
        finally:
            response.close()

    @cached_property
    def _client(self) -> "httpx2.Client":
        import httpx2

        key = self._place.api_key
        longest = max(self._options.timeout_s, self._options.silence_s)
        return httpx2.Client(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx2.Timeout(longest, connect=min(CONNECT_S, longest)),
            limits=httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=100),
        )

    def _max_tokens(self, request: Request) -> int:
        return min(request.max_tokens, self._options.max_tokens)

    def _payload(self, request: Request, sent: Continuation, left_out: set[str]) -> dict[str, Any]:
        """The server takes temperatures above 0, ``top_p`` below 1 and at most four stop strings."""
        parameters: dict[str, Any] = {
            **DEFAULTS,
            "max_new_tokens": self._max_tokens(request),
            "temperature": request.temperature,
            "stop": sent.stop,
            "details": True,
            **self._options.parameters,
            "return_full_text": False,
        }
        parameters["stop"] = list(parameters["stop"])[:MAX_STOPS]
        if (parameters.get("temperature") or 0) <= 0:
            parameters.pop("temperature", None)
            parameters.setdefault("do_sample", False)
        if (parameters.get("top_p") or 1) >= 1:
            parameters.pop("top_p", None)
        kept = {name: value for name, value in parameters.items() if name not in left_out}
        return {"inputs": sent.prompt, "parameters": kept, "stream": True}


def _deltas(pieces: Iterator[Piece | None], cutter: StopCutter) -> Iterator[Delta]:
    """Stops reading at the first stop string: closing the connection ends the generation."""
    usage: tuple[int, int] | None = None
    finish = "stop"
    for piece in pieces:
        if piece is None:
            yield Delta()
            continue
        if text := cutter.feed(piece.text):
            yield Delta(text=text)
        usage, finish = piece.usage or usage, piece.finish or finish
        if cutter.stopped:
            finish = "stop"
            break
    if text := cutter.close():
        yield Delta(text=text)
    yield Delta(usage=Usage(*usage) if usage else None, finish_reason=finish)
