"""A table of hostile addresses, and of harmless ones that must go through."""

import ipaddress

import pytest

from ingestion.crawl.errors import Blocked
from ingestion.crawl.fetching import Fetcher, Limits
from ingestion.crawl.guarding import AddressRules, is_public, judge, read_address

ANY_PORT = AddressRules(ports="*")

# Each is refused before a single byte is sent, whatever any server of names says: (address, why).
HOSTILE = [
    # loopback, in all its spellings
    ("http://127.0.0.1/", "network"),
    ("http://127.255.255.254/", "network"),
    ("http://127.1/", "network"),
    ("http://127.0.1/", "network"),
    ("http://2130706433/", "network"),
    ("http://0x7f000001/", "network"),
    ("http://0x7f.1/", "network"),
    ("http://0X7F.0x0.0x0.0x1/", "network"),
    ("http://0177.0.0.1/", "network"),
    ("http://0177.1/", "network"),
    ("http://017700000001/", "network"),
    ("http://00000177.0.0.01/", "network"),
    ("http://127.0.0.1./", "network"),
    ("http://127.0.0.1:8080/", "network"),
    ("http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", "network"),
    ("http://①②⑦.⓪.⓪.①/", "network"),
    ("http://127。0。0。1/", "network"),
    ("http://127\uff0e0\uff0e0\uff0e1/", "network"),
    ("http://127\uff610.0.1/", "network"),
    ("http://127.0.0.\u00ad1/", "network"),
    ("http://\uff12130706433/", "network"),
    ("http://127.0.0.%31/", "network"),
    ("http://127%2e0%2e0%2e1/", "network"),
    ("HTTP://127.0.0.1/", "network"),
    (" http://127.0.0.1/ ", "network"),
    ("http://127.0.0.1#@example.com/", "network"),
    ("http://127.0.0.1?@example.com/", "network"),
    ("http://127.0.0.1/@example.com/", "network"),
    ("https://127.0.0.1/", "network"),
    # IPv6
    ("http://[::1]/", "network"),
    ("http://[0:0:0:0:0:0:0:1]/", "network"),
    ("http://[::]/", "network"),
    ("http://[::ffff:127.0.0.1]/", "network"),
    ("http://[::ffff:7f00:1]/", "network"),
    ("http://[0:0:0:0:0:ffff:10.0.0.1]/", "network"),
    ("http://[::127.0.0.1]/", "network"),
    ("http://[64:ff9b::127.0.0.1]/", "network"),
    ("http://[64:ff9b::a9fe:a9fe]/", "network"),
    ("http://[64:ff9b:1::10.0.0.1]/", "network"),
    ("http://[2002:7f00:1::]/", "network"),
    ("http://[2002:a9fe:a9fe::1]/", "network"),
    ("http://[2002:808:808::1]/", "network"),
    ("http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "network"),
    ("http://[2001:0:808:808::]/", "network"),
    ("http://[2a00:1450::5efe:10.0.0.1]/", "network"),
    ("http://[fe80::1]/", "network"),
    ("http://[fec0::1]/", "network"),
    ("http://[fc00::1]/", "network"),
    ("http://[fd00:ec2::254]/", "network"),
    ("http://[ff02::1]/", "network"),
    ("http://[2001:db8::1]/", "network"),
    ("http://[3fff::1]/", "network"),
    ("http://[5f00::1]/", "network"),
    ("http://[100::1]/", "network"),
    # metadata of clouds
    ("http://169.254.169.254/latest/meta-data/", "network"),
    ("http://2852039166/latest/meta-data/", "network"),
    ("http://0xa9fea9fe/", "network"),
    ("http://0251.0376.0251.0376/", "network"),
    ("http://[::ffff:169.254.169.254]/", "network"),
    ("http://169.254.170.2/v2/credentials", "network"),
    ("http://100.100.100.200/latest/meta-data/", "network"),
    ("http://168.63.129.16/", "network"),
    ("http://192.0.0.192/opc/v1/", "network"),
    # private, shared, special
    ("http://0.0.0.0/", "network"),
    ("http://0/", "network"),
    ("http://0x/", "network"),
    ("http://10.0.0.1/", "network"),
    ("http://10.1/", "network"),
    ("http://167772161/", "network"),
    ("http://172.16.0.1/", "network"),
    ("http://172.31.255.255/", "network"),
    ("http://192.168.1.1/", "network"),
    ("http://192.168.257/", "network"),
    ("http://100.64.0.1/", "network"),
    ("http://169.254.0.1/", "network"),
    ("http://192.0.2.1/", "network"),
    ("http://192.88.99.1/", "network"),
    ("http://198.18.0.1/", "network"),
    ("http://198.51.100.1/", "network"),
    ("http://203.0.113.1/", "network"),
    ("http://224.0.0.1/", "network"),
    ("http://239.255.255.250/", "network"),
    ("http://240.0.0.1/", "network"),
    ("http://255.255.255.255/", "network"),
    ("http://4294967295/", "network"),
    # schemes
    ("file:///etc/passwd", "scheme"),
    ("file://127.0.0.1/etc/passwd", "scheme"),
    ("ftp://example.com/", "scheme"),
    ("gopher://127.0.0.1:6379/_FLUSHALL", "scheme"),
    ("dict://127.0.0.1:11211/stat", "scheme"),
    ("ldap://127.0.0.1/", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("data:text/html,<p>hello", "scheme"),
    ("jar:http://example.com/a.jar!/", "scheme"),
    ("//example.com/", "scheme"),
    ("example.com", "scheme"),
    ("", "scheme"),
    # names and passwords, and what only looks like them
    ("http://user:password@example.com/", "password"),
    ("http://user@example.com/", "password"),
    ("http://@example.com/", "password"),
    ("http://example.com@127.0.0.1/", "password"),
    ("http://127.0.0.1\\@example.com/", "password"),
    ("http://example.com\\@127.0.0.1/", "password"),
    ("http://example.com:80@127.0.0.1:80/", "password"),
    # what parsers disagree about
    ("http:///127.0.0.1/", "unreadable"),
    ("http:127.0.0.1/", "unreadable"),
    ("http:\\\\127.0.0.1\\", "unreadable"),
    ("http://127.0.0.1\\.example.com/", "unreadable"),
    ("http://exam\tple.com/\r\nHost: other", "unreadable"),
    ("http://example.com/\x00", "unreadable"),
    ("http://example.com /", "unreadable"),
    ("http://127.0.0.1%00.example.com/", "unreadable"),
    ("http://127.0.0.1%2f.example.com/", "unreadable"),
    ("http://example.com%40127.0.0.1/", "unreadable"),
    ("http://127.0.0.256/", "unreadable"),
    ("http://127.0.0.1.1/", "unreadable"),
    ("http://1.2.3.08/", "unreadable"),
    ("http://99999999999/", "unreadable"),
    ("http://example.123/", "unreadable"),
    ("http://[::1/", "unreadable"),
    ("http://[::1%25lo]/", "unreadable"),
    ("http://[v1.x]/", "unreadable"),
    ("http://[127.0.0.1]/", "unreadable"),
    ("http://./", "unreadable"),
    ("http://a..b/", "unreadable"),
    ("http://example.com:99999/", "port"),
    ("http://example.com:http/", "unreadable"),
    ("http://example.com:8０/", "unreadable"),
    ("http://example.com:80:81/", "unreadable"),
    ("http://exa℀mple.com/", "unreadable"),
    ("http://example.com/" + "a" * 9000, "unreadable"),
    ("http://example.com/\udcff", "unreadable"),
    ("http://example.com:0/", "port"),
]


@pytest.mark.parametrize(("url", "why"), HOSTILE)
def test_hostile_address_is_refused_without_asking_anybody(url: str, why: str) -> None:
    asked: list[str] = []

    def resolver(host: str) -> list[str]:
        asked.append(host)
        return ["8.8.8.8"]

    fetcher = Fetcher(ANY_PORT, Limits(), "Test", resolver=resolver)
    with pytest.raises(Blocked) as refused:
        fetcher.fetch(url)
    assert refused.value.code == f"blocked_{why}"
    assert not asked


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("http://example.com", "http://example.com/"),
        ("HTTP://Example.COM:80/A?b=c#d", "http://example.com/A?b=c"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://example.com./a", "https://example.com/a"),
        ("http://my_site.example.com/", "http://my_site.example.com/"),
        ("http://bücher.example/ä", "http://xn--bcher-kva.example/%C3%A4"),
        ("http://例え。テスト/", "http://xn--r8jz45g.xn--zckzah/"),
        ("http://a.example/a b?c d=ü%20%7E~'", "http://a.example/a%20b?c%20d=%C3%BC%20%7E~'"),
        ("http://1.1.1.1/", "http://1.1.1.1/"),
        ("http://0x08080808/", "http://8.8.8.8/"),
        ("http://[2606:4700:4700::1111]/", "http://[2606:4700:4700::1111]/"),
        ("http://[64:ff9b::8.8.8.8]/", "http://[64:ff9b::808:808]/"),
        ("http://172.32.0.1/", "http://172.32.0.1/"),
        ("http://127.0.0.1.example.com/", "http://127.0.0.1.example.com/"),
    ],
)
def test_harmless_address_is_read_in_one_spelling(url: str, read: str) -> None:
    assert read_address(url, AddressRules()).url == read


@pytest.mark.parametrize(
    ("ports", "allowed", "refused"),
    [
        ("80,443", {80, 443}, {81, 8080, 22}),
        ("8000-8002", {8000, 8001, 8002}, {7999, 8003, 80}),
        (" 80 , 8000 - 8001 ", {80, 8000, 8001}, {443}),
        ("*", {1, 22, 65535}, set()),
        ("", set(), {80, 443}),
    ],
)
def test_ports(ports: str, allowed: set[int], refused: set[int]) -> None:
    rules = AddressRules(ports=ports)
    for port in allowed:
        assert read_address(f"http://example.com:{port}/", rules).port == port
    for port in refused:
        with pytest.raises(Blocked) as error:
            read_address(f"http://example.com:{port}/", rules)
        assert error.value.code == "blocked_port"


@pytest.mark.parametrize("ports", ["x", "80-", "90-80", "0", "70000", "1-2-3"])
def test_ports_that_cannot_be_read(ports: str) -> None:
    with pytest.raises(ValueError):
        AddressRules(ports=ports)


def test_listed_network_opens_itself_only_and_only_on_allowed_ports() -> None:
    rules = AddressRules(ports="80", networks="10.0.0.0/24, fd12::/64")
    for host in ("10.0.0.1", "[::ffff:10.0.0.7]", "167772161", "[fd12::1]"):
        read_address(f"http://{host}/", rules)
    for host in ("10.0.1.1", "127.0.0.1", "[::1]", "[64:ff9b::10.0.0.1]", "[fd13::1]", "169.254.169.254"):
        with pytest.raises(Blocked) as error:
            read_address(f"http://{host}/", rules)
        assert error.value.code == "blocked_network"
    with pytest.raises(Blocked) as error:
        read_address("http://10.0.0.1:6379/", rules)
    assert error.value.code == "blocked_port"


def test_networks_that_cannot_be_read() -> None:
    with pytest.raises(ValueError):
        AddressRules(networks=["10.0.0.0/33"])


def test_an_address_written_as_ipv6_is_connected_to_as_what_it_is() -> None:
    assert judge(ipaddress.ip_address("::ffff:8.8.8.8"), AddressRules()) == ipaddress.ip_address("8.8.8.8")


def test_whatever_python_knows_as_not_global_is_not_public() -> None:
    """Its tables are another source of the same registries: at and beside the borders of each network."""
    borders = (
        "0 10 100.64 100.128 127 128 169.254 172.16 172.32 192.0.0 192.0.2 192.168 198.18 198.20 198.51.100"
    )
    v4 = [ipaddress.IPv4Address(".".join((border.split(".") + ["0"] * 3)[:4])) for border in borders.split()]
    for address in [near for at in v4 for near in (at, at + 1, at + 200, at - 1 if int(at) else at)]:
        assert address.is_global or not is_public(address), address
    for text in (
        "::",
        "::1",
        "fc00::",
        "fe80::",
        "febf::1",
        "2001:2::",
        "2001:db8:ffff::",
        "ff0e::1",
        "2002::",
    ):
        assert not is_public(ipaddress.ip_address(text)), text
