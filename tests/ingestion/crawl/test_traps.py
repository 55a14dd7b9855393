from datetime import date

import pytest

from ingestion.crawl.traps import is_trap

TODAY = date(2026, 11, 27)
SITE = "https://example.org"


@pytest.mark.parametrize(
    "path",
    [
        "/calendar?month=3&year=2031",
        "/calendar/2031/05",
        "/calendar/2031/05/17/",
        "/events/2016-04",
        "/events/month/2035-01/",
        "/events/?tribe-bar-date=2029-02-01&eventDisplay=month",
        "/veranstaltungen?jahr=1971&monat=2",
        "/%E6%97%A5%E5%8E%86?date=20310501",
        "/index.php?option=com_jevents&task=day.listevents&year=2044&month=9&day=3",
        "/archive/2031/05/",
        "/agenda?date=1900-01-01",
        "/a/b/a/b/a/b/",
        "/en/docs/en/docs/setup",
        "/about/about/about",
        "/images/x1/images/x2/images/x3/images/",
        "/guide/first.html/second.html/third.html",
        "/index.php/about.php/contact.php",
        "/" + "/".join(f"level{n}" for n in range(21)),
        "/shop?" + "&".join(f"filter{n}=1" for n in range(13)),
        "/w/index.php?action=edit&title=Harbour",
        "/w/index.php?oldid=33&title=Harbour",
        "/wiki/harbour?do=revisions",
        "/product/rope/?add-to-cart=17",
        "/wp-login.php?action=lostpassword",
    ],
)
def test_addresses_without_end(path: str) -> None:
    assert is_trap(SITE + path, TODAY)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/2026/11/27/harbour-opens",
        "/2014/03/a-post-of-long-ago/",
        "/2014/03/",
        "/blog/2009/12/31",
        "/1893/04/12/page-3",  # a newspaper's archive
        "/archive?year=1893&month=4",
        "/events/2019/03/14/open-day-of-the-harbour",  # about a day, not of a calendar
        "/events/2027-02-11",
        "/calendar?month=12&year=2026",
        "/reports/2050/",  # about a year to come
        "/docs/2.31/05-install.html",
        "/scenarios/climate-2100.html",
        "/en/stable/library/os.path.html",
        "/docs/reference/api/docs/",
        "/maven2/org/apache/ant/ant/1.10.14/",
        "/github/torvalds/linux/tree/master/arch/x86/kernel/cpu",
        "/index.php/about/contact",
        "/s/a/b/a/b/file",
        "/chess/1/2/1/2",
        "/forum/viewtopic.php?f=2&t=7&start=140",
        "/list?category=ropes&colour=red&order=price&page=3&size=20",
        "/thread-1234-1-1.html",
        "/a/202611/27/WS65.html",
        "/w/index.php?title=Harbour",
        "/search?from=kiel&to=2050-01",
        "/post?date=2026-01-05",
        "/order/diff-tools",
        "/versions/3000/01x/",
    ],
)
def test_addresses_of_real_pages(path: str) -> None:
    assert not is_trap(SITE + path, TODAY)


def test_by_the_date_of_today_where_none_is_given() -> None:
    assert is_trap(f"{SITE}/calendar/9998/01/")
