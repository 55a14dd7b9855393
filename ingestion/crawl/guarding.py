"""Which addresses may be requested: the scheme, the port, the host's name, and each address behind the name.

Plain functions of strings, no network. One parser reads an address, and the connection is made from what it
read, so that no second parser can understand the address differently.
"""

import ipaddress
import re
import string
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext_noop

from ingestion.crawl import hosts
from ingestion.crawl.errors import Blocked

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_ADDRESS = 8192

NO_ADDRESS = gettext_noop("This is not a web address that can be read. Check how it is written.")
NO_WEB = gettext_noop("Only addresses that begin with http:// or https:// can be fetched.")
HAS_PASSWORD = gettext_noop("The address holds a user name or a password. Leave them out.")
WRONG_PORT = gettext_noop(
    "The port of this address is not allowed. An administrator can add it to CRAWL_ALLOWED_PORTS."
)
NOT_PUBLIC = gettext_noop(
    "The address leads to this machine or into a network that is not public. "
    "An administrator can list the network in CRAWL_ALLOWED_NETWORKS."
)

# The registries of special addresses (RFC 6890 and its successors), and the address at which Azure's machines
# find their host, which looks public. Not `is_global`: what that says changes from one Python to the next.
_SPECIAL_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15
    198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
    """.split()
)
# In IPv6 only 2000::/3 is public, less these: protocols and Teredo, documentation, 6to4.
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20".split()
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOOPBACK = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})

_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]@\\/?#\s]+)(?::([0-9]{0,5}))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class AddressRules:
    """What an administrator allows: ``ports`` such as "80,443,8000-8100" or "*", and ``networks`` (CIDRs, in
    a list or separated by commas) that may be reached though they are not public.

    Raises ``ValueError`` when one of them cannot be read.
    """

    ports: str = "80,443"
    networks: str | Iterable[str] = ()
    _ranges: tuple[range, ...] = field(init=False, repr=False)
    _listed: tuple[IPNetwork, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = self.networks.split(",") if isinstance(self.networks, str) else self.networks
        listed = tuple(ipaddress.ip_network(name.strip(), strict=False) for name in names if name.strip())
        object.__setattr__(self, "_ranges", _port_ranges(self.ports))
        object.__setattr__(self, "_listed", listed)
        object.__setattr__(self, "networks", tuple(str(network) for network in listed))

    def allows_port(self, port: int) -> bool:
        return any(port in ports for ports in self._ranges)

    def lists(self, address: IPAddress) -> bool:
        return any(address in network for network in self._listed if network.version == address.version)


@dataclass(frozen=True)
class Target:
    """An address that was read: ``url`` as it is requested, without a fragment; ``host`` in lower-case ASCII,
    an IPv6 one without brackets; ``literal`` is the host's own address where it is not a name."""

    url: str
    scheme: str
    host: str
    port: int
    literal: IPAddress | None

    @property
    def host_header(self) -> str:
        return self.place.removesuffix(f":{DEFAULT_PORTS[self.scheme]}")

    @property
    def place(self) -> str:
        """Host and port, as ``example.com:443``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def read_address(url: str, rules: AddressRules) -> Target:
    """The parts of a web address. Raises ``Blocked`` for all that may not be requested whatever the name
    leads to; the addresses behind a name are for ``judge``."""
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise _unreadable() from error
    if parts.scheme not in DEFAULT_PORTS:
        raise Blocked(NO_WEB, code="blocked_scheme")
    if len(url) > LONGEST_ADDRESS or _CONTROL.search(url.strip()):
        raise _unreadable()
    if "@" in parts.netloc:
        raise Blocked(HAS_PASSWORD, code="blocked_password")
    authority = _AUTHORITY.fullmatch(parts.netloc)
    if authority is None:
        raise _unreadable()
    host, literal = _read_host(authority[1])
    target = Target("", parts.scheme, host, int(authority[2] or DEFAULT_PORTS[parts.scheme]), literal)
    if literal is not None:
        judge(literal, rules)
    elif is_local_name(host) and not any(rules.lists(address) for address in _LOOPBACK):
        raise Blocked(NOT_PUBLIC, code="blocked_network")
    if not rules.allows_port(target.port):
        raise Blocked(WRONG_PORT, detail=target.place, code="blocked_port")
    url = f"{target.scheme}://{target.host_header}{_quoted(parts.path or '/', parts.query)}"
    return replace(target, url=url)


def judge(address: IPAddress, rules: AddressRules, *, only_listed: bool = False) -> IPAddress:
    """The address to connect to, an IPv4 one where it was only written as IPv6. Raises ``Blocked`` unless it
    is public or in a listed network; with ``only_listed`` being public is not enough."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if rules.lists(address) or (not only_listed and is_public(address)):
        return address
    raise Blocked(NOT_PUBLIC, code="blocked_network")


def is_public(address: IPAddress) -> bool:
    """Whether everybody in the internet would reach the same machine there, as far as the address tells."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    if address in _NAT64:
        return is_public(_last_four_bytes(address))
    if address not in _PUBLIC_V6 or any(address in network for network in _SPECIAL_V6):
        return False
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return is_public(_last_four_bytes(address))
    return True


def is_local_name(host: str) -> bool:
    """Names that mean the machine itself, whatever a server of names says about them."""
    names = host.split(".")
    return names[-1] in ("localhost", "localdomain", "ip6-localhost", "ip6-loopback")


def _quoted(path: str, query: str) -> str:
    """As it goes over the wire; what is quoted already, or needs it not, stays as it was written."""
    written = f"{path}?{query}" if query else path
    try:
        return quote(written, safe=string.punctuation)
    except UnicodeError as error:
        raise _unreadable() from error


def _unreadable() -> Blocked:
    return Blocked(NO_ADDRESS, code="blocked_unreadable")


def _last_four_bytes(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _port_ranges(ports: str) -> tuple[range, ...]:
    if ports.strip() == "*":
        return (range(1, 65536),)
    ranges = []
    for part in filter(None, (part.strip() for part in ports.split(","))):
        first, dash, last = part.partition("-")
        found = range(int(first), int(last if dash else first) + 1)
        if not found or found[0] < 1 or found[-1] > 65535:
            raise ValueError(f"{part!r} is no range of ports")
        ranges.append(found)
    return tuple(ranges)


def _read_host(written: str) -> tuple[str, IPAddress | None]:
    """The host in its one spelling, and the address it is where it is no name. Wide digits, octal numbers and
    the like have become plain ones here, so a number in disguise is judged as a number."""
    host = hosts.host(written)
    if host is None:
        raise _unreadable()
    host = host.strip("[]")
    try:
        return host, ipaddress.ip_address(host)
    except ValueError:
        return host, None
