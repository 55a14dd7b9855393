from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "kb_site"

    def ready(self) -> None:
        """Settings that need more than ``kb_site.settings`` may import are looked at here."""
        from django.conf import settings

        from kb_site.crawl_settings import check_addresses

        check_addresses(settings.CRAWL_ALLOWED_PORTS, settings.CRAWL_ALLOWED_NETWORKS)
