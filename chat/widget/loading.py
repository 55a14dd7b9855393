"""The script that a website's one line loads: a few kilobytes without dependencies, alike for all."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from chat.widget.models import Widget

_SOURCE = Path(__file__).with_name("loader.js")


@cache
def _source() -> str:
    return _SOURCE.read_text(encoding="utf-8")


def script(widget: Widget, site: str) -> str:
    """``site`` is this site's origin, for where the browser does not say from where it has the script."""
    return _source().replace("__CONFIG__", json.dumps(_config(widget, site)))


def _config(widget: Widget, site: str) -> dict[str, Any]:
    config: dict[str, Any] = {"id": str(widget.pk), "on": widget.is_on, "site": site}
    if not widget.is_on:
        return config
    return config | {
        "name": widget.name,
        "origins": widget.origins,
        "accent": widget.accent,
        "onAccent": on_colour(widget.accent),
        "language": widget.language,
        "words": {code: _words(code) for code, _name in settings.LANGUAGES},
    }


def _words(language: str) -> dict[str, str]:
    with translation.override(language):
        return {
            "open": _("Open the chat"),
            "close": _("Close the chat"),
            "failed": _("The chat could not be opened. Please try again later."),
        }


def on_colour(colour: str) -> str:
    """White or black, whichever can be read better on ``colour``, "#rrggbb": at least 4.5 to 1 (WCAG 2.2)."""
    light = luminance(colour)
    return "#ffffff" if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 else "#000000"


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
