"""The versions of a prompt template: looked at, compared and brought back."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from chat.prompt_library import selectors, services, versions


@login_required
@require_GET
def versions_page(request: HttpRequest, template_id: int) -> HttpResponse:
    user = cast(User, request.user)
    template = selectors.get_template(user, template_id)
    context = {
        "template": template,
        "versions": list(versions.versions_of(template)),
        "may_change": selectors.may_change(user, template),
    }
    return render(request, "chat/prompt_library/versions.html", context)


@login_required
@require_GET
def version(request: HttpRequest, template_id: int, number: int) -> HttpResponse:
    """One version beside another: the one before it, or that of ``?with=``."""
    user = cast(User, request.user)
    template = selectors.get_template(user, template_id)
    shown = versions.version_of(template, number)
    other = request.GET.get("with", "")
    against = int(other) if other.isascii() and other.isdecimal() and len(other) < 9 else number - 1
    before = versions.version_of(template, against) if against > 0 else None
    context = {
        "template": template,
        "version": shown,
        "before": before,
        "lines": versions.compared(before, shown) if before else [],
        "differing": _in_words(versions.differing(before, shown)) if before else [],
        "numbers": range(template.version, 0, -1),
        "may_change": selectors.may_change(user, template),
    }
    return render(request, "chat/prompt_library/version.html", context)


@login_required
@require_POST
def restore(request: HttpRequest, template_id: int, number: int) -> HttpResponse:
    user = cast(User, request.user)
    template = selectors.get_changeable(user, template_id)
    name = versions.version_of(template, number).name
    if services.is_taken(name, template.owner, but=template.pk):
        said = _("There is another prompt called “%(name)s” there: give this one another name first.")
        messages.error(request, said % {"name": name})
    elif versions.restore(template=template, number=number, by=user):
        said = _("Version %(old)d is back, as version %(new)d.")
        messages.success(request, said % {"old": number, "new": template.version})
    else:
        messages.info(request, _("Version %(old)d is the same as the newest one.") % {"old": number})
    return redirect("prompt-versions", template.pk)


def _in_words(names: list[str]) -> list[str]:
    words = {
        "name": _("name"),
        "description": _("description"),
        "language": _("language"),
        "inputs": _("variables"),
        "query": _("what is searched for"),
    }
    return [words[name] for name in names]
