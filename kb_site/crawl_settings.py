"""Settings of crawling that say nothing, told at the start and not at the first crawl."""

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

from ingestion.crawl.guarding import AddressRules


def check_addresses(ports: str, networks: Sequence[str]) -> None:
    """Raises ``ImproperlyConfigured`` with one sentence that names the variable."""
    try:
        AddressRules(ports=ports)
    except ValueError:
        raise ImproperlyConfigured(
            f"CRAWL_ALLOWED_PORTS={ports!r} names no ports; write 80,443,8000-8100, or * for all"
        ) from None
    for network in networks:
        try:
            AddressRules(networks=[network])
        except ValueError:
            raise ImproperlyConfigured(
                f"CRAWL_ALLOWED_NETWORKS: {network!r} is no network; write 10.1.0.0/16 or fd00::/8, "
                "separated by commas"
            ) from None
