"""The pages where administrators keep the instructions for answers."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from chat import prompt_selectors, prompt_services
from chat.models import PromptTemplate
from chat.prompt_forms import ImportForm, PromptForm
from chat.prompt_import import KIND, Imported, ernie_endpoints
from llm import environment

View = Callable[..., HttpResponse]


def for_administrators(view: View) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied(_("Only administrators may change instructions for answers."))
        return view(request, *args, **kwargs)

    return login_required(checked)


@login_required
@require_GET
def prompts(request: HttpRequest) -> HttpResponse:
    """They stand in the library, beside the prompts to fill in."""
    return redirect(listed())


def listed() -> str:
    return f"{reverse('prompts')}?kind={PromptTemplate.Kind.ANSWERS}"


@for_administrators
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Also saves what ``fetch`` showed for review."""
    return _form_page(request, PromptTemplate())


@for_administrators
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, template_id: int) -> HttpResponse:
    return _form_page(request, prompt_selectors.get_template(template_id))


def _form_page(request: HttpRequest, template: PromptTemplate) -> HttpResponse:
    form = PromptForm(request.POST or None, template=template, user=cast(User, request.user))
    if not form.is_valid():
        return _form(request, form, status=422 if form.is_bound else 200)
    saved = form.save()
    messages.success(request, _("“%(title)s” is saved.") % {"title": saved.name})
    return redirect(listed())


def _form(request: HttpRequest, form: PromptForm, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {"form": form, "template": form.template, "is_new": form.template.pk is None}
    return render(request, "chat/prompt_form.html", context | more, status=status)


@for_administrators
@require_http_methods(["GET", "POST"])
def fetch(request: HttpRequest) -> HttpResponse:
    """Asks Qianfan for a template and shows it for review; nothing is stored before that is saved."""
    environment.follow_once()
    form = ImportForm(request.POST or None)
    imported = form.fetched() if form.is_valid() else None
    if imported is not None:
        return _review(request, imported)
    context = {"form": form, "has_endpoint": bool(ernie_endpoints()), "kind": KIND}
    return render(request, "chat/prompt_import.html", context, status=422 if form.is_bound else 200)


def _review(request: HttpRequest, imported: Imported) -> HttpResponse:
    template = PromptTemplate(name=imported.name, text=imported.text, origin=imported.origin)
    form = PromptForm(template=template, user=cast(User, request.user))
    return _form(request, form, is_review=True)


@for_administrators
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, template_id: int) -> HttpResponse:
    template = prompt_selectors.get_template(template_id)
    if request.method == "GET":
        return render(request, "chat/prompt_delete.html", {"template": template})
    prompt_services.delete_template(template=template)
    messages.success(request, _("“%(title)s” is deleted.") % {"title": template.name})
    return redirect(listed())
