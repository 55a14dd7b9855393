from datetime import UTC, datetime

import pytest

from ingestion.crawl.sitemap_dates import read_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-05", datetime(2024, 5, 1, tzinfo=UTC)),
        (" 2024-05-06 ", datetime(2024, 5, 6, tzinfo=UTC)),
        ("2024-05-06T07:08Z", datetime(2024, 5, 6, 7, 8, tzinfo=UTC)),
        ("2024-05-06T07:08:09+02:00", datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ("2024-05-06T07:08:09.123456789Z", datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)),
        ("2024-05-06 07:08:09", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("Mon, 06 May 2024 07:08:09 GMT", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("1970-01-01", None),
        ("2024-13-45", None),
        ("2024-00", None),
        ("yesterday", None),
        ("", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("2" * 10_000, None),
    ],
)
def test_dates(text: str, date: datetime | None) -> None:
    assert read_date(text) == date
