"""Names, the addresses behind them, and the connections that are kept: all against a real server."""

import datetime
import itertools
import socket
import ssl
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ingestion.crawl import resolving
from ingestion.crawl.connections import PinnedAdapter
from ingestion.crawl.errors import Blocked, FetchFailed
from ingestion.crawl.fetching import Fetcher, Limits
from ingestion.crawl.guarding import AddressRules, read_address
from tests.ingestion.crawl.hostile_site import HostileSite, answer, page, redirect

HERE = AddressRules(ports="*", networks="127.0.0.1/32")
NOWHERE = AddressRules(ports="*")
QUICK = Limits(connect_s=2.0, header_s=5.0, total_s=10.0)


def names(**known: Sequence[str]) -> resolving.Resolver:
    """A server of names of its own: ``site_example=["127.0.0.1"]``."""
    book = {name.replace("_", "."): answers for name, answers in known.items()}

    def resolver(host: str) -> Sequence[str]:
        if host not in book:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return book[host]

    return resolver


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "10.0.0.1"],
        ["8.8.8.8", "::1"],
        ["::ffff:169.254.169.254"],
        ["64:ff9b::7f00:1"],
        ["fe80::1%eth0"],
        ["fd00:ec2::254"],
        ["100.100.100.200"],
        ["no address"],
    ],
)
def test_a_name_with_any_forbidden_address_is_refused(addresses: list[str]) -> None:
    fetcher = Fetcher(NOWHERE, QUICK, "Test", resolver=names(site_example=addresses))
    with pytest.raises(Blocked) as refused:
        fetcher.fetch("http://site.example/")
    assert refused.value.code == "blocked_network"


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "a.localhost", "localhost.localdomain"])
def test_names_of_this_machine_are_refused_whatever_the_names_say(name: str) -> None:
    fetcher = Fetcher(NOWHERE, QUICK, "Test", resolver=lambda host: ["8.8.8.8"])
    with pytest.raises(Blocked):
        fetcher.fetch(f"http://{name}/")


def test_the_name_of_this_machine_is_fetched_where_its_network_is_listed() -> None:
    with HostileSite({"/": page(b"here")}) as site:
        fetcher = Fetcher(HERE, QUICK, "Test", resolver=names(localhost=["127.0.0.1"]))
        assert fetcher.fetch(site.url("/", "localhost")).body == b"here"
        assert site.calls[0].headers["host"] == f"localhost:{site.port}"


def test_this_machines_own_resolver_is_asked_when_none_is_given() -> None:
    with pytest.raises(Blocked):
        Fetcher(NOWHERE, QUICK, "Test").fetch("http://localhost/")


def test_rebinding_between_check_and_connection_has_no_second_answer_to_use() -> None:
    """The first answer is allowed, every later one would be another machine: only the first is ever used."""
    asked: list[str] = []

    def rebinding(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with HostileSite({"/": page(b"checked")}) as site:
        fetcher = Fetcher(HERE, QUICK, "Test", resolver=rebinding)
        assert fetcher.fetch(site.url("/", "rebind.example")).body == b"checked"
        assert asked == ["rebind.example"]


def test_rebinding_from_a_public_address_to_this_machine_reaches_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Public at first: whatever it does, it never gets the loopback address, then or later."""
    monkeypatch.setattr(resolving, "KEPT_S", 0.0)
    answers = itertools.chain([["192.0.2.1"]], itertools.repeat(["127.0.0.1"]))
    # 192.0.2.1 is listed to stand for a public address at which nobody is.
    rules = AddressRules(ports="*", networks="192.0.2.1/32")
    with HostileSite({"/": page(b"secret")}) as site:
        fetcher = Fetcher(
            rules, Limits(connect_s=0.3, total_s=2.0), "Test", resolver=lambda host: next(answers)
        )
        with pytest.raises(FetchFailed) as failed:
            fetcher.fetch(site.url("/", "rebind.example"))
        assert failed.value.code in ("too_slow", "unreachable")
        with pytest.raises(Blocked):
            fetcher.fetch(site.url("/", "rebind.example"))
        assert not site.connections


def test_rebinding_within_redirects_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "KEPT_S", 0.0)
    answers = iter([["127.0.0.1"], ["127.0.0.1", "127.0.0.2"]])
    with HostileSite({"/": redirect("/secret"), "/secret": page(b"secret")}) as site:
        fetcher = Fetcher(HERE, QUICK, "Test", resolver=lambda host: next(answers))
        with pytest.raises(Blocked):
            fetcher.fetch(site.url("/", "rebind.example"))
        assert site.paths == ["/"]


def test_the_next_address_is_tried_when_one_is_not_reached() -> None:
    rules = AddressRules(ports="*", networks="127.0.0.0/8")
    resolver = names(site_example=["127.0.0.9", "127.0.0.1"])
    with HostileSite({"/": page(b"here")}) as site:
        fetcher = Fetcher(rules, QUICK, "Test", resolver=resolver)
        assert fetcher.fetch(site.url("/", "site.example")).body == b"here"


def test_the_address_that_answered_is_tried_first_from_then_on() -> None:
    checked = resolving.CheckedNames(AddressRules(), names(site_example=["8.8.8.8", "1.1.1.1"]))
    target = read_address("http://site.example/", AddressRules())
    first, second = checked.addresses(target, within_s=5)
    checked.prefer("site.example", second)
    assert checked.addresses(target, within_s=5) == (second, first)


def test_nobody_behind_an_address_passes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(FetchFailed) as failed:
        Fetcher(HERE, QUICK, "Test").fetch(f"http://127.0.0.1:{port}/")
    assert (failed.value.code, failed.value.is_passing) == ("unreachable", True)


def test_a_name_that_nobody_has_does_not_pass_but_a_silent_server_of_names_does() -> None:
    with pytest.raises(FetchFailed) as failed:
        Fetcher(HERE, QUICK, "Test", resolver=names()).fetch("http://nobody.example/")
    assert (failed.value.code, failed.value.is_passing) == ("no_host", False)
    ever = threading.Event()

    def silent(host: str) -> list[str]:
        ever.wait(10)
        return []

    with pytest.raises(FetchFailed) as failed:
        Fetcher(HERE, Limits(connect_s=0.2), "Test", resolver=silent).fetch("http://slow.example/")
    ever.set()
    assert (failed.value.code, failed.value.is_passing) == ("names_away", True)


def test_a_name_too_long_for_the_servers_of_names() -> None:
    with pytest.raises((Blocked, FetchFailed)) as failed:
        Fetcher(HERE, QUICK, "Test").fetch(f"http://{'a' * 64}.example/")
    assert failed.value.code in ("no_host", "blocked_unreadable")


def test_the_environments_proxies_and_passwords_are_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.9:9/")
    with HostileSite({"/": page(b"direct")}) as site:
        assert Fetcher(HERE, QUICK, "Test").fetch(site.url("/")).body == b"direct"
        assert "authorization" not in site.calls[0].headers


def test_no_cookie_is_kept() -> None:
    with HostileSite({"/": page(b"a", set_cookie="a=b; Path=/"), "/on": redirect("/")}) as site:
        fetcher = Fetcher(HERE, QUICK, "Test")
        for path in ("/", "/on", "/"):
            fetcher.fetch(site.url(path))
        assert all("cookie" not in call.headers for call in site.calls)


def test_a_connection_is_kept_for_pages_and_unchanged_answers() -> None:
    acts = {"/": page(b"page"), "/same": page(b"", code="304 Not Modified"), "/on": redirect("/")}
    with HostileSite(acts) as site:
        fetcher = Fetcher(HERE, QUICK, "Test")
        for _ in range(3):
            fetcher.fetch(site.url("/"))
            fetcher.fetch(site.url("/same"), etag='"1"')
            fetcher.fetch(site.url("/on"))
        assert len(site.calls) == 12
        assert site.connections == 1


def test_a_kept_connection_that_the_server_closed_is_made_anew() -> None:
    """It says "keep-alive", and hangs up the moment that the next request arrives."""
    seen: set[int] = set()

    def once(call) -> bool | None:
        if id(call.sock) in seen:
            return False
        seen.add(id(call.sock))
        keep.append(call.sock)
        return call.send(answer(b"page"))

    keep: list[socket.socket] = []
    with HostileSite({"/": once}) as site:
        fetcher = Fetcher(HERE, QUICK, "Test")
        assert [fetcher.fetch(site.url("/")).body for _ in range(3)] == [b"page"] * 3
        assert site.connections == 3


def test_many_threads_share_a_fetcher() -> None:
    acts = {f"/{number}": page(b"x" * number * 100) for number in range(20)}
    with HostileSite(acts) as site:
        fetcher = Fetcher(HERE, QUICK, "Test")
        wrong: list[object] = []

        def work() -> None:
            for number in range(20):
                got = fetcher.fetch(site.url(f"/{number}"))
                if got.body != b"x" * number * 100:
                    wrong.append(got)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        assert len(site.calls) == 160
        assert site.connections <= 16


def test_no_connection_is_made_outside_a_checked_fetch() -> None:
    import requests

    with HostileSite({"/": page(b"secret")}) as site:
        session = requests.Session()
        session.mount("http://", PinnedAdapter())
        with pytest.raises(LookupError):
            session.get(site.url("/"))
        assert not site.connections


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for good.example, that vouches for itself, and a server's context with it."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "good.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("good.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    return certificate, context


TLS_NAMES = names(good_example=["127.0.0.1"], bad_example=["127.0.0.1"])


def test_tls_is_verified_for_the_name_though_the_address_is_pinned(
    authority: tuple[Path, ssl.SSLContext],
) -> None:
    certificate, context = authority
    with HostileSite({"/": page(b"secure")}, context=context) as site:
        fetcher = Fetcher(HERE, QUICK, "Test", resolver=TLS_NAMES, ca_file=str(certificate))
        for _ in range(2):
            assert fetcher.fetch(site.url("/", "good.example")).body == b"secure"
        assert site.names == ["good.example"]
        assert site.calls[0].headers["host"] == f"good.example:{site.port}"
        for host in ("bad.example", "127.0.0.1"):  # the same machine, and a connection to it is kept
            with pytest.raises(FetchFailed) as failed:
                fetcher.fetch(site.url("/", host))
            assert (failed.value.code, failed.value.is_passing) == ("bad_certificate", False)
        assert len(site.calls) == 2


def test_a_certificate_that_nobody_vouches_for(authority: tuple[Path, ssl.SSLContext]) -> None:
    with HostileSite({"/": page(b"secure")}, context=authority[1]) as site:
        with pytest.raises(FetchFailed) as failed:
            Fetcher(HERE, QUICK, "Test", resolver=TLS_NAMES).fetch(site.url("/", "good.example"))
        assert failed.value.code == "bad_certificate"
        assert not site.calls


def test_plain_words_where_tls_is_spoken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            sock, _peer = listener.accept()
            with sock:
                sock.recv(4096)
                sock.sendall(answer(b"plain", code="400 Bad Request"))

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(FetchFailed) as failed:
            Fetcher(HERE, QUICK, "Test").fetch(f"https://127.0.0.1:{listener.getsockname()[1]}/")
        assert (failed.value.code, failed.value.is_passing) == ("no_tls", False)


def test_a_handshake_that_never_ends_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        with pytest.raises(FetchFailed) as failed:
            Fetcher(HERE, Limits(connect_s=0.5), "Test").fetch(f"https://127.0.0.1:{deaf.getsockname()[1]}/")
        assert (failed.value.code, failed.value.is_passing) == ("too_slow", True)


def test_ipv6_is_pinned_too() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            sock, _peer = listener.accept()
            with sock:
                got.append(sock.recv(4096))
                sock.sendall(answer(b"six"))

        got: list[bytes] = []
        threading.Thread(target=serve, daemon=True).start()
        rules = AddressRules(ports="*", networks="::1/128")
        assert Fetcher(rules, QUICK, "Test").fetch(f"http://[::1]:{port}/").body == b"six"
        assert f"Host: [::1]:{port}".encode() in got[0]
