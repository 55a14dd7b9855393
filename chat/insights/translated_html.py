"""A model's Markdown as HTML that is safe to show: without links, images and raw HTML, as in answers."""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_TAGS = set(
    "p br strong em del code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 hr table thead tbody tr th td".split()
)
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def as_html(text: str) -> SafeString:
    return mark_safe(nh3.clean(_markdown.render(text), tags=_TAGS, attributes={}))
