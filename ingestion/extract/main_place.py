"""Where the text of a page stands that does not say so itself."""

from lxml.html import HtmlElement

_PARAGRAPHS = ("p", "pre", "blockquote", "dd")
_FRAMES = frozenset(("div", "section", "center", "td", "tr", "tbody", "table", "form", "font", "body"))
_NEARLY_ALL = 0.9


def name_the_place(tree: HtmlElement) -> None:
    """Makes an ``article`` of the innermost element that holds nearly all paragraphs, unless the page names a
    place that ``trafilatura`` knows: without one it keeps paragraphs, and loses headings and lists."""
    from trafilatura.xpaths import BODY_XPATH

    body = tree.find("body")
    if body is None or any(find(tree) for find in BODY_XPATH):
        return
    place = _around_paragraphs(body)
    if place is not body:
        place.tag = "article"
        return
    article = body.makeelement("article")
    article.text, body.text = body.text, None
    article.extend(list(body))
    body.append(article)


def _around_paragraphs(body: HtmlElement) -> HtmlElement:
    sizes: dict[HtmlElement, int] = {}
    for paragraph in body.iter(*_PARAGRAPHS):
        size = len("".join("".join(paragraph.itertext()).split()))
        for element in paragraph.iterancestors():
            sizes[element] = sizes.get(element, 0) + size
    place, enough = body, _NEARLY_ALL * sizes.get(body, 0)
    while enough:
        within = [child for child in place if child.tag in _FRAMES and sizes.get(child, 0) >= enough]
        if len(within) != 1:
            break
        place = within[0]
    return place
