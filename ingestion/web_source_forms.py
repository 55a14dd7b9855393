"""Forms of websites as sources."""

from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import Styled
from ingestion import web_sources
from ingestion.crawl.css import is_selector
from ingestion.extract.messages import SELECTOR
from ingestion.models import Source, WebDetails
from ingestion.schedules import Often, minutes_of
from ingestion.web_sources import BadAddress, WebSettings

CRONTAB = "crontab"
_LINES = {"rows": 3, "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}
_WORD = {"spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}


class WebSourceForm(Styled):
    """Which pages of which site, and how often. The address is the first start; further ones stand below."""

    address = forms.CharField(
        label=gettext_lazy("Address of the website, or of the part of it that you want"),
        max_length=1000,
        widget=forms.TextInput(
            attrs={**_WORD, "inputmode": "url", "placeholder": "https://example.com/docs/"}
        ),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Empty means the address."),
    )
    reach = forms.ChoiceField(
        label=gettext_lazy("How far it reaches"), choices=WebDetails.Reach.choices, widget=forms.RadioSelect
    )
    include = forms.CharField(
        label=gettext_lazy("Only addresses that match"),
        required=False,
        widget=forms.Textarea(attrs={**_LINES, "placeholder": "/docs/*\n/blog/2026/*"}),
        help_text=gettext_lazy(
            "One pattern a line, for example /docs/*; * stands for anything. Empty means all of the site."
        ),
    )
    exclude = forms.CharField(
        label=gettext_lazy("But not these"),
        required=False,
        widget=forms.Textarea(attrs={**_LINES, "placeholder": "/login*\n*/print/*"}),
    )
    selector = forms.CharField(
        label=gettext_lazy("Which part of each page (CSS selector)"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={**_WORD, "placeholder": "main .content"}),
        help_text=gettext_lazy(
            "Empty lets Youju find the main text. Fill it in where the preview shows too much or too little."
        ),
    )
    sitemaps = forms.BooleanField(
        label=gettext_lazy("Also take the addresses that the site's sitemaps name"), required=False
    )
    take_files = forms.BooleanField(
        label=gettext_lazy("Also take PDF, Word and other files that pages link to"), required=False
    )
    more_starts = forms.CharField(
        label=gettext_lazy("Further start addresses"),
        required=False,
        widget=forms.Textarea(attrs=_LINES),
        help_text=gettext_lazy("One a line."),
    )
    max_pages = forms.IntegerField(
        label=gettext_lazy("At most so many pages"), min_value=1, max_value=web_sources.MOST_PAGES
    )
    max_depth = forms.IntegerField(
        label=gettext_lazy("At most so many links away from the start"),
        min_value=0,
        max_value=web_sources.DEEPEST,
    )
    often = forms.ChoiceField(label=gettext_lazy("How often to crawl"))
    crontab = forms.CharField(
        label=gettext_lazy("Crontab"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={**_WORD, "placeholder": "30 3 * * 1-5"}),
        help_text=gettext_lazy(
            "Minute, hour, day of the month, month, day of the week. 30 3 * * 1-5 is half past three on "
            "weekdays."
        ),
    )
    timezone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={**_WORD, "list": "time-zones"}),
    )

    def __init__(self, *args: Any, kept_minutes: int = 0, **kwargs: Any) -> None:
        """``kept_minutes``: an interval that stays possible although it is not among the usual ones."""
        super().__init__(*args, **kwargs)
        often = self.fields["often"]
        assert isinstance(often, forms.ChoiceField)
        own = []
        if kept_minutes not in Often.values:
            own = [(str(kept_minutes), _("every %(count)d minutes") % {"count": kept_minutes})]
        usual = [(str(value), label) for value, label in Often.choices]
        often.choices = [*usual, *own, (CRONTAB, _("at set times (crontab)"))]

    @classmethod
    def empty(cls, address: str = "") -> "WebSourceForm":
        return cls(initial=_initial(WebSettings(starts=address)))

    @classmethod
    def first_look(cls, address: str) -> "WebSourceForm":
        """Of an address alone: the usual settings, below the address where it leads into the site."""
        inside = urlsplit(address if "://" in address else f"//{address}").path.strip("/")
        reach = WebDetails.Reach.PATH if inside else WebDetails.Reach.HOST
        usual = _initial(WebSettings(starts="", reach=reach))
        return cls({name: value for name, value in usual.items() if value} | {"address": address})

    @classmethod
    def of(cls, source: Source) -> "WebSourceForm":
        settings_now = web_sources.settings_of(source)
        return cls(initial=_initial(settings_now), kept_minutes=minutes_of(source))

    def clean_address(self) -> str:
        return self._addresses("address")

    def clean_more_starts(self) -> str:
        return self._addresses("more_starts") if self.cleaned_data["more_starts"].strip() else ""

    def clean_selector(self) -> str:
        selector = str(self.cleaned_data["selector"]).strip()
        if not is_selector(selector or "*"):
            raise ValidationError(_(SELECTOR))
        return selector

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("often") == CRONTAB and not data.get("crontab", "").strip():
            self.add_error("crontab", _("Say when, or choose how often above."))
        return data

    def wanted(self) -> WebSettings:
        """What was typed; where a field does not hold what it should, its default."""
        data = getattr(self, "cleaned_data", {})
        usual = WebSettings(starts="")
        often = data.get("often", "")
        return WebSettings(
            starts="\n".join(filter(None, [data.get("address", ""), data.get("more_starts", "")])),
            name=data.get("name", ""),
            include=data.get("include", ""),
            exclude=data.get("exclude", ""),
            reach=data.get("reach", usual.reach),
            max_pages=data.get("max_pages", usual.max_pages),
            max_depth=data.get("max_depth", usual.max_depth),
            selector=data.get("selector", ""),
            sitemaps=data.get("sitemaps", usual.sitemaps),
            files=data.get("take_files", usual.files),
            minutes=int(often) if often.isdigit() else 0,
            crontab=data.get("crontab", "") if often == CRONTAB else "",
            timezone=data.get("timezone", "") if often == CRONTAB else "",
        )

    def _addresses(self, name: str) -> str:
        try:
            return "\n".join(web_sources.checked_starts(self.cleaned_data[name]))
        except BadAddress as error:
            raise ValidationError(str(error), code=error.code) from error


def _initial(said: WebSettings) -> dict[str, Any]:
    first, _newline, more = said.starts.partition("\n")
    return {
        "address": first,
        "more_starts": more,
        "name": said.name,
        "include": said.include,
        "exclude": said.exclude,
        "reach": said.reach,
        "max_pages": said.max_pages,
        "max_depth": said.max_depth,
        "selector": said.selector,
        "sitemaps": said.sitemaps,
        "take_files": said.files,
        "often": CRONTAB if said.crontab else str(said.minutes),
        "crontab": said.crontab,
        "timezone": said.timezone or settings.TIME_ZONE,
    }


def time_zones() -> list[str]:
    """Names to choose from, by place."""
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
