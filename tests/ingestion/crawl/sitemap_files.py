"""Sitemaps as the tests write them."""

NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urlset(*locs: str, declared: str = "", end: str = "</urlset>") -> str:
    head = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    return f"{head}<urlset {NAMESPACE}>" + "".join(f"<url><loc>{loc}</loc></url>" for loc in locs) + end


def index(*locs: str) -> bytes:
    listed = "".join(f"<sitemap><loc>{loc}</loc></sitemap>" for loc in locs)
    return f"<sitemapindex {NAMESPACE}>{listed}</sitemapindex>".encode()
