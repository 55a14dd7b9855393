"""Why an address was not fetched. A sentence for people, stored in English and translated when shown."""

from ingestion.reasons import with_detail


class CrawlError(Exception):
    """``code`` is stable for programs; ``str()`` is a sentence, and details on lines below it."""

    code = "crawl"

    def __init__(self, sentence: str, *, detail: str = "", code: str = "") -> None:
        super().__init__(with_detail(sentence, detail))
        self.code = code or self.code


class Blocked(CrawlError):
    """The address may not be requested at all; nothing was sent to it."""

    code = "blocked"


class Disallowed(CrawlError):
    """The site's robots.txt asks not to fetch the address."""

    code = "disallowed"


class FetchFailed(CrawlError):
    """The address was asked and gave no page.

    ``status`` is the HTTP status, if there was one. ``is_passing``: it may work later. ``retry_after_s`` is
    what the server asked for, from 0 to a week.
    """

    code = "failed"

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        is_passing: bool = False,
        retry_after_s: float | None = None,
        detail: str = "",
        code: str = "",
    ) -> None:
        super().__init__(sentence, detail=detail, code=code)
        self.status = status
        self.is_passing = is_passing
        self.retry_after_s = retry_after_s
