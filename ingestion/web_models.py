"""Websites as sources: where a crawl begins and how far it goes, each crawl, and every page in it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ingestion.source_models import Source, SourceItem


class WebDetails(models.Model):
    """What belongs to a web source. ``starts``, ``include`` and ``exclude`` hold one a line.

    ``selector`` is a CSS selector of the part of each page that counts; empty leaves it to us. ``sitemaps``:
    also begin with the addresses of the site's sitemaps. ``files``: also take files that pages link to.
    """

    class Reach(models.TextChoices):
        PATH = "path", _("Pages below the start addresses")
        HOST = "host", _("The whole site")
        DOMAIN = "domain", _("The site and its subdomains")
        PAGE = "page", _("Only these addresses")

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="web")
    starts = models.TextField()
    include = models.TextField(blank=True, default="")
    exclude = models.TextField(blank=True, default="")
    reach = models.CharField(max_length=10, choices=Reach, default=Reach.HOST)
    max_pages = models.PositiveIntegerField(default=500)
    max_depth = models.PositiveSmallIntegerField(default=5)
    selector = models.CharField(max_length=300, blank=True, default="")
    sitemaps = models.BooleanField(default=True)
    files = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "web details"

    def __str__(self) -> str:
        return self.start_urls[0] if self.start_urls else ""

    @property
    def start_urls(self) -> list[str]:
        return [line.strip() for line in self.starts.splitlines() if line.strip()]


class Crawl(models.Model):
    """One look at a site. It is running until it has an end, also while its worker is away.

    ``extra_starts`` are addresses that a start led to. ``settings`` is a digest of what decides which pages
    belong to the source. ``sitemap_urls`` counts what its sitemaps named.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        COMPLETE = "complete", _("complete")
        CUT = "cut", _("stopped at the limit of pages")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")

    source = models.ForeignKey(Source, models.CASCADE, related_name="crawls")
    run = models.ForeignKey("ingestion.Run", models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    settings = models.CharField(max_length=32, blank=True, default="")
    extra_starts = models.JSONField(default=list, blank=True)
    is_seeded = models.BooleanField(default=False)
    sitemap_urls = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    began_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-began_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["source"], condition=Q(state="running"), name="one_running_crawl"
            ),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.began_at:%Y-%m-%d %H:%M}"

    def end(self, state: "Crawl.State", error: str = "") -> None:
        """What was not visited by now is not visited any more. Nothing happens where the row is gone."""
        self.pages.filter(outcome="").delete()
        self.state, self.error, self.ended_at = state, error, timezone.now()
        Crawl.objects.filter(pk=self.pk).update(state=state, error=error, ended_at=self.ended_at)


class CrawlPage(models.Model):
    """An address in one crawl: waiting until it has an ``outcome``, not before ``not_before``.

    ``leads_to`` is the address it redirects to or calls its own; ``alone``: it is to be taken for itself
    although it names another. ``status`` is the HTTP status, where there was an answer.
    """

    class Outcome(models.TextChoices):
        NEW = SourceItem.Outcome.NEW.value, _("new")
        CHANGED = SourceItem.Outcome.CHANGED.value, _("changed")
        UNCHANGED = SourceItem.Outcome.UNCHANGED.value, _("unchanged")
        GONE = SourceItem.Outcome.GONE.value, _("gone")
        DISALLOWED = SourceItem.Outcome.DISALLOWED.value, _("not allowed by the site")
        BLOCKED = SourceItem.Outcome.BLOCKED.value, _("address refused")
        FAILED = SourceItem.Outcome.FAILED.value, _("failed")

    crawl = models.ForeignKey(Crawl, models.CASCADE, related_name="pages")
    url = models.CharField(max_length=1000)
    depth = models.PositiveSmallIntegerField(default=0)
    found_on = models.CharField(max_length=1000, blank=True, default="")
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    leads_to = models.CharField(max_length=1000, blank=True, default="")
    alone = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    document = models.ForeignKey(
        "ingestion.Document", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=["crawl", "url"], name="one_row_an_address"),)
        indexes = (
            models.Index(fields=["crawl", "outcome"], name="crawl_pages_by_outcome"),
            models.Index(
                fields=["crawl", "depth", "id"], condition=Q(outcome=""), name="crawl_pages_waiting"
            ),
        )

    def __str__(self) -> str:
        return self.url
