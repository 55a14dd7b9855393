"""Prompt templates that were written in Baidu Qianfan's console (v1), fetched filled in.

Source: Baidu's document of ``template/info``. The call was taken out of the documents in August 2024;
keys made before then may still use it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from llm import ernie_errors, fields
from llm.ernie import Ernie, keeper, wire
from llm.ernie_errors import TokenRefused
from llm.ernie_http import Wire
from llm.ernie_token import TokenStore
from llm.types import Options

TEMPLATE_PATH = "/rest/2.0/wenxinworkshop/api/v1/template/info"
RESERVED = frozenset({"access_token", "id"})
_KIND = replace(Ernie.kind, required=frozenset({"api_key", "secret_key"}))


@dataclass(frozen=True, slots=True)
class HostedTemplate:
    """``template`` has ``{name}`` where a variable goes, ``content`` the values; ``variables`` are names."""

    id: int
    name: str
    content: str
    template: str
    variables: tuple[str, ...] = field(default=())


def fetch_template(
    options: Options,
    template_id: int,
    variables: Mapping[str, str] | None = None,
    *,
    tokens: TokenStore | None = None,
) -> HostedTemplate:
    """The template, filled in with ``variables``.

    ``options`` are those of an ``ernie`` endpoint; its model does not matter. Without ``tokens`` the
    site's store of tokens is used. Raises ``ImproperlyConfigured`` for missing keys, ``UnknownModel``
    where there is no such template, and another ``LLMError`` for what else goes wrong.
    """
    fields.check(options, _KIND)
    over = wire(options)
    kept = keeper(options, over, tokens if tokens is not None else _site_tokens())
    query = {name: value for name, value in (variables or {}).items() if name not in RESERVED}
    token = kept.token()
    try:
        body = over.get(TEMPLATE_PATH, _query(query, template_id, token))
    except TokenRefused:
        body = over.get(TEMPLATE_PATH, _query(query, template_id, kept.token(refused=token)))
    return _template(body, template_id, over)


def _query(variables: Mapping[str, str], template_id: int, token: str) -> dict[str, str]:
    return {"access_token": token, "id": str(template_id), **variables}


def _template(body: Mapping[str, Any], template_id: int, over: Wire) -> HostedTemplate:
    result = body.get("result")
    if body.get("success") is False or result is None:
        said = body.get("message") or body.get("error_msg") or body.get("status") or ""
        raise ernie_errors.no_template(template_id, over.place.clean(str(said)))
    if not isinstance(result, Mapping) or not isinstance(result.get("content"), str):
        raise ernie_errors.not_the_protocol(over.place)
    return HostedTemplate(
        id=template_id,
        name=str(result.get("templateName") or ""),
        content=result["content"],
        template=str(result.get("templateContent") or ""),
        variables=_names(result.get("templateVariables")),
    )


def _names(given: object) -> tuple[str, ...]:
    """Baidu writes them with commas between."""
    names = given if isinstance(given, list) else str(given or "").split(",")
    return tuple(str(name).strip() for name in names if str(name).strip())


def _site_tokens() -> TokenStore:
    from llm.ernie_door import site_tokens

    return site_tokens()
