"""Origins as browsers tell them: a scheme, a host, and a port where it is not the usual one (RFC 6454)."""

import ipaddress
import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST = 20
_USUAL = {"http": 80, "https": 443}
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def read_origin(text: str) -> str:
    """The origin of an address as people write it; ``https`` where no scheme is given, without a path. Raises
    ``ValidationError``."""
    typed = text.strip()
    if "*" in typed:
        raise ValidationError(
            _("“%(text)s”: write each address out, a star is not understood."), params={"text": typed}
        )
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        host, port = "", None
    if parts_are_odd(typed) or not host or parts.scheme not in _USUAL or "@" in parts.netloc:
        raise ValidationError(
            _("“%(text)s” is not an address of a website, such as https://www.example.org."),
            params={"text": typed},
        )
    shown_port = "" if port in (None, _USUAL[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown_port}"


def parts_are_odd(typed: str) -> bool:
    """Signs that would end the list of a policy."""
    return any(sign in typed for sign in " ;,'\"\\\t\r\n<>")


def _host(name: str) -> str:
    """In the form that browsers send, letters outside ASCII included; "" for what is no host."""
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name).compressed}]"
    host = name.encode("idna").decode().lower() if name else ""
    return host if host and all(_LABEL.fullmatch(label) for label in host.split(".")) else ""


def read_origins(text: str) -> list[str]:
    """One on each line, each once. Raises ``ValidationError`` with everything that is wrong."""
    found: list[str] = []
    wrong: list[ValidationError] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            found.append(read_origin(line))
        except ValidationError as error:
            wrong.append(error)
    if not wrong and len(set(found)) > MOST:
        wrong.append(ValidationError(_("At most %(limit)d addresses are possible."), params={"limit": MOST}))
    if wrong:
        raise ValidationError(wrong)
    return list(dict.fromkeys(found))
