"""What the pages of prompts show of a run."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chat.prompt_library.prompt import Input
from chat.prompt_library.running import Result
from chat.rendering import answer_html, plain_markdown

register = template.Library()


@register.filter
def result_html(result: Result) -> SafeString:
    """Markdown without links and images, with citations where there were sources."""
    if result.message is not None:
        return answer_html(result.message)
    return plain_markdown(result.text)


@register.filter
def seconds(value: float) -> str:
    """0.43 s, 12.6 s."""
    return _("%(seconds)s s") % {"seconds": f"{value:.2f}" if value < 10 else f"{value:.1f}"}


@register.filter
def new_row(_nothing: object) -> Input:
    """The row that our script copies for a new variable."""
    return Input("__name__")
