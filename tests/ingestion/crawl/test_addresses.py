import pytest

from ingestion.crawl.addresses import LONGEST, canonical, display

BASE = "https://example.org/guide/first.html?page=2"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("http://example.org:80/a", "http://example.org/a"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("http://example.org:443/a", "http://example.org:443/a"),
        ("https://example.org./a", "https://example.org/a"),
        (" \n https://example.org/a\tb ", "https://example.org/ab"),
        ("https:\\\\example.org\\a", "https://example.org/a"),
        ("https://example.org/a?path=b\\c", "https://example.org/a?path=b%5Cc"),
        ("https://example.org/a#top", "https://example.org/a"),
        ("https://example.org/#!/room/1", "https://example.org/"),
        ("https://example.org/a?", "https://example.org/a"),
        # RFC 3986, 5.4: dots, also those that are encoded
        ("https://example.org/a/./b/../c", "https://example.org/a/c"),
        ("https://example.org/../../c", "https://example.org/c"),
        ("https://example.org/a/%2E%2e/c/.", "https://example.org/c/"),
        ("https://example.org/a//b", "https://example.org/a//b"),
        # RFC 3986, 6.2.2: case of hex digits, letters that need no encoding, those that do
        ("https://example.org/%7euser/%e6%bd%ae", "https://example.org/~user/%E6%BD%AE"),
        ("https://example.org/a%2fb", "https://example.org/a%2Fb"),
        ("https://example.org/潮位 表", "https://example.org/%E6%BD%AE%E4%BD%8D%20%E8%A1%A8"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/a?q=潮&x[]=1", "https://example.org/a?q=%E6%BD%AE&x%5B%5D=1"),
        ("https://example.org/%CE%D2", "https://example.org/%CE%D2"),  # GBK stays what the server wrote
        # hosts
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://港口。中国/", "https://xn--6orv52d.xn--fiqs8s/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0177.0.0.1/", "http://127.0.0.1/"),
        ("http://１２７.0.0.1/", "http://127.0.0.1/"),
        ("http://[::FFFF:1.2.3.4]:8080/", "http://[::ffff:102:304]:8080/"),
        # marks of campaigns and sessions
        ("https://example.org/a?utm_source=x&id=7&fbclid=y&UTM_Medium=z", "https://example.org/a?id=7"),
        ("https://example.org/a?spm=a2c4g.11186623&share_token=1", "https://example.org/a"),
        ("https://example.org/a;jsessionid=0A1B.node?x=1", "https://example.org/a?x=1"),
        ("https://example.org/(S(lit3py55t21z5v55vlm25s55))/a.aspx", "https://example.org/a.aspx"),
        ("https://example.org/a?PHPSESSID=abc&x=1", "https://example.org/a?x=1"),
        (f"https://example.org/a?sid={'0af1' * 8}", "https://example.org/a"),
        ("https://example.org/post/?replytocom=17", "https://example.org/post/"),
        # the order of parameters
        ("https://example.org/a?b=2&a=1&b=1", "https://example.org/a?a=1&b=2&b=1"),
    ],
)  # fmt: skip
def test_one_spelling(url: str, expected: str) -> None:
    assert canonical(url) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a?sid=7",  # a number of something, not of a session
        "https://example.org/a?s=harbour",
        "https://example.org/a?from=kiel&name=utm&ref=3&source=annual",
        "https://example.org/?view/page&edit",  # not of the form name=value: the order may matter
        "https://example.org/a;v=2",
        "https://example.org/a?b",
        "https://example.org/a?b=",
        "https://example.org/A",
    ],
)
def test_different_pages_stay_different(url: str) -> None:
    assert canonical(url) == url


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("second.html", "https://example.org/guide/second.html"),
        ("../img/", "https://example.org/img/"),
        ("/x?y=1", "https://example.org/x?y=1"),
        ("?page=3", "https://example.org/guide/first.html?page=3"),
        ("//other.example/a", "https://other.example/a"),
        ("#part", "https://example.org/guide/first.html?page=2"),
        ("\\second.html", "https://example.org/second.html"),
    ],
)
def test_relative_links(link: str, expected: str) -> None:
    assert canonical(link, BASE) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "guide",
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:void(0)",
        "mailto:a@example.org",
        "data:text/html,hello",
        "https://",
        "https:///a",
        "https://user:word@example.org/",
        "https://example.org@127.0.0.1/",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://example.org:x/",
        "https://exa mple.org/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "http://1.2.3.4.5/",
        "http://300.1.1.1/",
        f"https://example.org/?utm_source={'a' * 3 * LONGEST}",
        "https://example.org/%s" % ("a" * LONGEST),
    ],
)
def test_what_is_no_address_of_a_page(url: str) -> None:
    assert canonical(url) is None


@pytest.mark.parametrize("link", ["javascript:history.back()", "tel:+4912345", "mailto:x@example.org"])
def test_other_schemes_stay_nothing_with_a_base(link: str) -> None:
    assert canonical(link, BASE) is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/", "https://example.org"),
        ("https://example.org:8080/%E6%BD%AE%E4%BD%8D?q=%E8%A1%A8", "https://example.org:8080/潮位?q=表"),
        ("https://xn--6orv52d.xn--fiqs8s/", "https://港口.中国"),
        ("https://xn--bcher-kva.example/", "https://bücher.example"),
        ("https://xn--80ak6aa92e.com/", "https://xn--80ak6aa92e.com"),  # Cyrillic letters that say "apple"
        ("https://xn--pypal-4ve.com/", "https://xn--pypal-4ve.com"),  # one Cyrillic letter among Latin ones
        ("https://example.org/a%2Fb%20c%E2%80%AEd", "https://example.org/a%2Fb%20c%E2%80%AEd"),
        ("https://example.org/%CE%D2", "https://example.org/%CE%D2"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
    ],
)
def test_as_people_read_it(url: str, shown: str) -> None:
    assert display(url) == shown
    assert canonical(shown) == url
