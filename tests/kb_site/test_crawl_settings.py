import pytest
from django.core.exceptions import ImproperlyConfigured

from kb_site.crawl_settings import check_addresses


@pytest.mark.parametrize("ports", ["80,443", "*", "80, 8000-8100", "1", "65535"])
def test_ports_that_may_be_asked(ports: str) -> None:
    check_addresses(ports, ["10.0.0.0/8", "192.168.1.7", "fd00::/8"])


@pytest.mark.parametrize("ports", ["http", "80;443", "0", "70000", "443-80", "80-"])
def test_ports_that_are_none_are_named(ports: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="CRAWL_ALLOWED_PORTS="):
        check_addresses(ports, [])


@pytest.mark.parametrize("network", ["intranet", "10.0.0", "10.0.0.0/33", "*", "http://10.0.0.1"])
def test_networks_that_are_none_are_named(network: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"CRAWL_ALLOWED_NETWORKS: .* is no network"):
        check_addresses("80", ["10.0.0.0/8", network])
