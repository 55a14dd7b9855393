"""Templates written in the console of Baidu Qianfan, fetched through an endpoint of kind ``ernie``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chat.errors import ChatError
from chat.prompt_texts import OURS, escaped
from llm import endpoints
from llm.ernie_templates import HostedTemplate, fetch_template
from llm.models import Endpoint
from llm.types import Options

KIND = "ernie"
# Somebody waits for the page.
LONGEST_WAIT_S = 15


class MissingValues(ChatError):
    """The hosted template has variables that were given no value; the message names them."""

    code = "missing_values"


@dataclass(frozen=True, slots=True)
class Imported:
    """A template as it is shown for review; ``text`` is as ``chat.prompt_texts`` reads it."""

    name: str
    text: str
    origin: str


def ernie_endpoints() -> list[Endpoint]:
    """Those that a template can be fetched through, also ones that are not in use for answers."""
    return list(Endpoint.objects.filter(kind=KIND))


def import_template(endpoint: Endpoint, template_id: int, values: Mapping[str, str]) -> Imported:
    """Asks Qianfan once, so not to be called inside a transaction; stores nothing.

    A value such as ``{sources}`` becomes our variable of that name; every other brace stays a brace.
    Raises ``MissingValues``, ``ImproperlyConfigured`` and ``LLMError``.
    """
    hosted = fetch_template(_reached(endpoint), template_id, values)
    missing = [name for name in hosted.variables if name not in values]
    if missing:
        raise MissingValues(_missing(missing))
    return Imported(_name(hosted), escaped(hosted.content.strip()), f"qianfan:{template_id}")


def _reached(endpoint: Endpoint) -> Options:
    """Raises ``KeyLost``."""
    return endpoints.options(
        endpoint,
        timeout_s=min(endpoint.timeout_s, LONGEST_WAIT_S),
        silence_s=min(endpoint.silence_s, LONGEST_WAIT_S),
    )


def _name(hosted: HostedTemplate) -> str:
    return hosted.name.strip() or _("Qianfan template %(id)d") % {"id": hosted.id}


def _missing(names: Sequence[str]) -> str:
    example = f"{names[0]}={{{names[0]}}}" if names[0] in OURS else f"{names[0]}=…"
    said = _("Qianfan's template also has: %(names)s. Give each a value, for example %(example)s.")
    return said % {"names": _(", ").join(names), "example": example}
