"""Baidu Qianfan v1: the ERNIE-Bot family behind an access token.

Source: github.com/baidubce/bce-qianfan-sdk and Baidu's documents of the chat services.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, ClassVar
from urllib.parse import quote

from django.utils.translation import gettext_noop

from llm import ernie_errors, ernie_models, fields, server_errors
from llm.ernie_errors import TokenRefused
from llm.ernie_http import BASE_URL, Wire
from llm.ernie_messages import Dialogue, alternating, trimmed, within_system_limit
from llm.ernie_stream import Frame, read_frames
from llm.ernie_token import Credentials, MemoryTokens, TokenKeeper, TokenStore
from llm.read_ahead import AFTER_END_S, Line, Silence, read_ahead
from llm.server_errors import Place
from llm.tokens import estimate
from llm.types import Delta, Description, Kind, Message, Options, Request

CHAT_PATH = "/rpc/2.0/ai_custom/v1/wenxinworkshop/chat/"
# What the services take: a temperature in (0, 1], 4 stop strings of 20 characters, 2 to 2048 tokens.
LOWEST_TEMPERATURE = 0.01
MOST_STOPS, LONGEST_STOP = 4, 20
FEWEST_TOKENS, MOST_TOKENS = 2, 2048


class Ernie:
    """``model`` is a model's name or the last part of a chat service's address.

    The token is taken from ``tokens``; without a store this object has one of its own.
    """

    kind: ClassVar[Kind] = Kind(
        title=gettext_noop("Baidu Qianfan v1"),
        examples=gettext_noop("ERNIE-Bot, ERNIE-Lite, ERNIE-Speed"),
        required=frozenset({"api_key", "secret_key", "model"}),
        optional=frozenset({"base_url"}),
        preset=Options(base_url=BASE_URL, model="eb-instant"),
        currency="CNY",
        # A quota per minute is full again within 60 seconds.
        patience_s=90,
    )

    def __init__(self, options: Options, tokens: TokenStore | None = None) -> None:
        fields.check(options, self.kind)
        self._options = options
        self._model = options.model.strip()
        self._service = ernie_models.service(self._model)
        self._path = CHAT_PATH + quote(self._service.path if self._service else self._model, safe="")
        self._wire = wire(options)
        self._keeper = keeper(options, self._wire, tokens or MemoryTokens())

    def describe(self) -> Description:
        return Description(
            backend="ernie",
            model=self._model,
            is_model=True,
            context_tokens=self._context_tokens,
            max_tokens=self._max_tokens,
            context_words=self._options.context_words,
            details={"base_url": self._wire.place.base_url, "path": self._path},
        )

    def count_tokens(self, text: str) -> int:
        return self._service.count_tokens(text) if self._service else estimate(text)

    def stream(self, request: Request) -> Iterator[Delta]:
        """An empty ``Delta`` for each moment in which nothing comes."""
        body = self._body(request)
        frames = read_ahead(
            lambda line: self._read(body, line),
            start_s=self._options.timeout_s,
            bound_after=self._bound_after,
        )
        finish, usage = "", None
        try:
            with closing(frames):
                for frame in frames:
                    if frame is None:
                        yield Delta()
                        continue
                    finish, usage = frame.finish_reason or finish, frame.usage or usage
                    if frame.text:
                        yield Delta(text=frame.text)
        except Silence as error:
            if not finish:
                raise server_errors.silent(self._wire.place, error.seconds) from error
        yield Delta(usage=usage, finish_reason=finish)

    def _bound_after(self, frame: Frame) -> float | None:
        if frame.finish_reason:
            return min(AFTER_END_S, self._options.silence_s)
        return self._options.silence_s if frame.text else None

    @property
    def _max_tokens(self) -> int:
        return min(MOST_TOKENS, max(FEWEST_TOKENS, self._options.max_tokens))

    @property
    def _context_tokens(self) -> int:
        """The service's limit for the input and room for the answer, unless somebody set a number."""
        if self._service is None or self._options.context_tokens != Options().context_tokens:
            return self._options.context_tokens
        return self._service.input_tokens + self._max_tokens

    def _read(self, body: dict[str, Any], line: Line[Frame]) -> Generator[Frame, None, None]:
        """A token that has ended is renewed once, and only before the answer begins."""
        token = self._keeper.token()
        begun = False
        try:
            for frame in self._frames(body, token, line):
                begun = True
                yield frame
        except TokenRefused:
            if begun:
                raise
        else:
            return
        yield from self._frames(body, self._keeper.token(refused=token), line)

    def _frames(self, body: dict[str, Any], token: str, line: Line[Frame]) -> Iterator[Frame]:
        with self._wire.post(self._path, {"access_token": token}, body) as response:
            connection = response.extensions["network_stream"].get_extra_info("socket")
            with line.over(connection):
                yield from read_frames(response, self._wire, self._service)

    def _body(self, request: Request) -> dict[str, Any]:
        dialogue = self._dialogue(request)
        body: dict[str, Any] = {
            "messages": [{"role": message.role, "content": message.content} for message in dialogue.messages],
            "stream": True,
            "temperature": min(1.0, max(LOWEST_TEMPERATURE, request.temperature)),
            "max_output_tokens": min(MOST_TOKENS, max(FEWEST_TOKENS, request.max_tokens)),
        }
        if dialogue.system:
            body["system"] = dialogue.system
        if self._service and self._service.searches:
            body["disable_search"] = True
        if stops := [stop for stop in request.stop if 0 < len(stop) <= LONGEST_STOP][:MOST_STOPS]:
            body["stop"] = stops
        return body | dict(self._options.parameters)

    def _dialogue(self, request: Request) -> Dialogue:
        """Raises ``ContextTooLong`` where the question alone is too long for the service."""
        dialogue = alternating(request.messages)
        if not dialogue.messages:
            dialogue = Dialogue(dialogue.system, (Message("user", request.question),))
        dialogue = trimmed(within_system_limit(dialogue), self._fits)
        if self._service and dialogue.chars > self._service.input_chars:
            raise ernie_errors.too_long(self._wire.place, self._service)
        return dialogue

    def _fits(self, dialogue: Dialogue) -> bool:
        if self._service and dialogue.chars > self._service.input_chars:
            return False
        room = self._context_tokens - self._max_tokens
        texts = (dialogue.system, *(message.content for message in dialogue.messages))
        return sum(map(self.count_tokens, texts)) <= room


def wire(options: Options) -> Wire:
    place = Place(
        (options.base_url.strip() or BASE_URL).rstrip("/"),
        options.model.strip(),
        options.api_key.strip(),
        options.secret_key.strip(),
    )
    return Wire(place, timeout_s=options.timeout_s, silence_s=options.silence_s)


def keeper(options: Options, over: Wire, tokens: TokenStore) -> TokenKeeper:
    """The keeper of the token that ``options``' two keys give."""
    credentials = Credentials(options.api_key.strip(), options.secret_key.strip())
    return TokenKeeper(credentials, tokens, lambda: over.fetch_token(credentials), over.place.base_url)
