"""How dates, numbers, icons and the colour theme are shown on every page."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Theme

register = template.Library()

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def relative(moment: datetime, now: datetime) -> str:
    """“5 minutes ago” within a week, the date beyond it."""
    seconds = int((now - moment).total_seconds())
    if seconds < _MINUTE:
        return _("just now")
    if seconds < _HOUR:
        count = seconds // _MINUTE
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", count) % {"count": count}
    if seconds < _DAY:
        count = seconds // _HOUR
        return ngettext("%(count)d hour ago", "%(count)d hours ago", count) % {"count": count}
    if seconds < 7 * _DAY:
        count = seconds // _DAY
        return ngettext("%(count)d day ago", "%(count)d days ago", count) % {"count": count}
    return date_format(timezone.localtime(moment), "DATE_FORMAT")


@register.filter
def when(moment: datetime | None) -> str | SafeString:
    """A ``<time>`` element: relative, with the exact date and time on hover; "–" for nothing."""
    if moment is None:
        return "–"
    exact = date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    shown = relative(moment, timezone.now())
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, shown)


@register.filter
def grouped(number: int | None) -> str:
    """1234567 as 1,234,567; "–" for nothing."""
    return "–" if number is None else f"{number:,}"


@register.filter
def humane_size(size: int | None) -> str:
    """A number of bytes in the unit that fits: 640 B, 12 kB, 3.4 MB."""
    if size is None:
        return "–"
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


@register.filter
def listed(things: Iterable[object]) -> str:
    """The names of things in a row, with the comma of the page's language."""
    return _(", ").join(map(str, things))


@register.filter
def initial(name: str) -> str:
    """The first letter or character, for the round mark of a person."""
    return name[:1].upper() or "?"


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """A decorative symbol of ``templates/includes/symbols.html``."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>', extra, name
    )


@register.simple_tag(takes_context=True)
def theme(context: template.Context) -> str:
    """auto, light or dark: the account's choice, else the browser's cookie."""
    request: HttpRequest | None = context.get("request")
    if request is None:
        return str(Theme.AUTO)
    user: Any = getattr(request, "user", None)
    chosen = user.theme if user is not None and user.is_authenticated else request.COOKIES.get("theme", "")
    return str(chosen) if chosen in Theme.values else str(Theme.AUTO)


@register.filter
def duration(seconds: int) -> str:
    """A rough length of time: 40 s, 5 min, 2 h."""
    if seconds < 90:
        return _("%(count)d s") % {"count": seconds}
    if seconds < 90 * _MINUTE:
        return _("%(count)d min") % {"count": round(seconds / _MINUTE)}
    return _("%(count)d h") % {"count": round(seconds / _HOUR)}
