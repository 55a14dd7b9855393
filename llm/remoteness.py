"""Whether what is sent to a language model leaves the machines of whoever runs the site."""

import ipaddress
import logging
import socket
import time
from threading import Lock
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from llm import registry
from llm.types import Description

log = logging.getLogger(__name__)

# Loopback, link-local, private (RFC 1918) and unique local (RFC 4193) addresses. Others that are not public,
# such as those for benchmarks, stand for public servers behind some proxies.
_V4 = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
_NEAR = tuple(map(ipaddress.ip_network, (*_V4, "::1/128", "fe80::/10", "fc00::/7")))
_KNOWN_FOR_S = 300.0
_known: dict[str, tuple[float, bool]] = {}
_lock = Lock()


def is_remote(described: Description) -> bool:
    """False for what runs in this process, and for a server all of whose addresses are loopback or private.

    A name that cannot be resolved, or a server whose address is not known, counts as remote.
    """
    if not described.is_model or _in_process(described.backend):
        return False
    return is_outside(described.details.get("base_url", ""))


def is_outside(address: str) -> bool:
    """Whether the server of an address is none of one's own; one without a server counts as such."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return True
    return not (host and _is_near(host))


def _in_process(kind: str) -> bool:
    try:
        return registry.kind(kind).in_process
    except ImproperlyConfigured:
        return False


def _is_near(host: str) -> bool:
    """Names are looked up again after five minutes."""
    with _lock:
        until, near = _known.get(host, (0.0, False))
    if until > time.monotonic():
        return near
    near = _looked_up(host)
    with _lock:
        _known[host] = (time.monotonic() + _KNOWN_FOR_S, near)
    return near


def _looked_up(host: str) -> bool:
    try:
        found = {str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(host, None)}
        addresses = [ipaddress.ip_address(address) for address in found]
    except (OSError, ValueError) as error:
        log.warning("the language model's server %s counts as remote: %s", host, error)
        return False
    return bool(addresses) and all(any(address in net for net in _NEAR) for address in map(_v4, addresses))


def _v4(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
