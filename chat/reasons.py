"""Why a sentence of an answer is marked as it is, in words for the person who reads it."""

from django.utils.translation import gettext as _


def in_words(support: str, code: str, detail: str = "") -> str:
    """``code`` and ``detail`` come from a stored ``judging.Sentence``; empty where there is nothing to say.

    In the active language. An unknown ``code``, such as that of an older answer, gets the words of its
    ``support``.
    """
    detail = detail if len(detail) <= 120 else detail[:119] + "…"
    texts = {
        "uncited": _("No source is cited for this sentence."),
        "figure_missing": _("The cited passage does not mention %(detail)s."),
        "figure_elsewhere": _("The cited passage gives another figure here than %(detail)s."),
        "name_missing": _("The cited passage does not mention %(detail)s."),
        "negation": _("The cited passage says the opposite: “%(detail)s”."),
        "opposite": _("The cited passage says the opposite: “%(detail)s”."),
        "words_missing": _("The cited passage does not mention: %(detail)s."),
        "part": _("The cited passages hold only a part of this sentence, but not “%(detail)s”."),
        "partly": _("The cited passages hold only a part of this sentence."),
        "nothing": _("The cited passages do not hold the words of this sentence."),
        "other_language": _("The cited passage is in another language: its words were not compared."),
    }
    fallback = {"partly": texts["partly"], "unsupported": texts["nothing"]}.get(support, "")
    template = texts.get(code, fallback)
    return template % {"detail": detail} if "%(detail)s" in template else template
