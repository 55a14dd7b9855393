"""Writing, copying, sharing and deleting prompts."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from chat.models import PromptTemplate
from chat.prompt_library import selectors, services
from chat.prompt_library.editor_form import EditorForm
from chat.prompt_library.versions import ChangedMeanwhile

Kind = PromptTemplate.Kind


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    language = translation.get_language() or ""
    template = PromptTemplate(kind=Kind.TASK, owner=cast(User, request.user), language=language)
    return _editor(request, template)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, template_id: int) -> HttpResponse:
    template = selectors.get_changeable(cast(User, request.user), template_id)
    if template.kind == Kind.ANSWERS:
        return redirect("answer-prompt", template.pk)
    return _editor(request, template)


@login_required
@require_POST
def copy(request: HttpRequest, key: str) -> HttpResponse:
    """An own copy, open in the editor."""
    user = cast(User, request.user)
    made = services.copy(prompt=selectors.get_prompt(user, key), owner=user)
    messages.success(request, _("This is your own copy. Change it as you like; nobody else sees it."))
    return redirect("prompt-edit", made.pk)


@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, template_id: int) -> HttpResponse:
    template = selectors.get_changeable(cast(User, request.user), template_id)
    if request.method == "GET":
        return render(request, "chat/prompt_library/delete.html", {"template": template})
    services.delete(template=template)
    messages.success(request, _("“%(title)s” is deleted.") % {"title": template.name})
    return redirect("prompts")


@login_required
@require_POST
def share(request: HttpRequest, template_id: int) -> HttpResponse:
    """An administrator gives a prompt to everybody, or takes it back."""
    user = cast(User, request.user)
    template = selectors.get_changeable(user, template_id)
    if not user.is_superuser or template.kind != Kind.TASK:
        raise PermissionDenied(_("Only administrators may give a prompt to everybody."))
    try:
        if template.owner_id is None:
            services.unshare(template=template, to=user)
            said = _("“%(title)s” is only yours now.")
        else:
            services.share(template=template)
            said = _("Everybody may use “%(title)s” now.")
    except services.NameTaken as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said % {"title": template.name})
    return redirect(template)


def _editor(request: HttpRequest, template: PromptTemplate) -> HttpResponse:
    form = EditorForm(request.POST or None, template=template, user=cast(User, request.user))
    if "look" in request.POST:  # without our script: the variables of the text that was typed
        return _form(request, form)
    if not form.is_valid():
        return _form(request, form, status=422 if form.is_bound else 200)
    try:
        is_changed = form.save()
    except ChangedMeanwhile as error:
        form.add_error(None, str(error))
        form.go_on_from(PromptTemplate.objects.get(pk=template.pk).version)
        return _form(request, form, status=409)
    if is_changed:
        said = _("“%(title)s” is saved as version %(number)d.")
        messages.success(request, said % {"title": template.name, "number": template.version})
    else:
        messages.info(request, _("Nothing was changed, so there is no new version."))
    return redirect(template)


def _form(request: HttpRequest, form: EditorForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "template": form.template, "is_new": form.template.pk is None}
    return render(request, "chat/prompt_library/editor.html", context, status=status)
