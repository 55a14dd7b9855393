"""The pages where administrators set up language models."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from llm import environment, registry, selectors, services
from llm.forms import EndpointForm, offered_kinds
from llm.models import Endpoint

View = Callable[..., HttpResponse]

GROUPS = {
    "connection": ("title", "base_url", "model", "api_key", "secret_key", "remove_keys"),
    "use": ("is_enabled", "is_fallback"),
    "limits": (
        *("context_tokens", "max_tokens", "context_words", "concurrency", "timeout_s", "silence_s"),
        "patience_s",
    ),
    "price": ("price_prompt", "price_completion", "currency"),
    "more": ("name", "parameters"),
}


def for_administrators(view: View) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied(_("Only administrators may set up language models."))
        return view(request, *args, **kwargs)

    return login_required(checked)


@for_administrators
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    environment.follow_once()
    endpoints = selectors.all_endpoints()
    context = {
        "endpoints": endpoints,
        "has_default": any(endpoint.is_default for endpoint in endpoints),
        "is_forbidden": environment.forbids_models(),
    }
    return render(request, "llm/models.html", context)


@for_administrators
@require_GET
def choose_kind(request: HttpRequest) -> HttpResponse:
    return render(request, "llm/choose_kind.html", {"kinds": offered_kinds()})


@for_administrators
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, kind: str) -> HttpResponse:
    if kind == environment.EXTRACTIVE or kind not in registry.names():
        raise Http404
    return _form_page(request, Endpoint(kind=kind))


@for_administrators
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, name: str) -> HttpResponse:
    return _form_page(request, selectors.get_endpoint(name))


def _form_page(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    """Saves and leads to the list, or shows the form; "save and test" asks the model at once."""
    is_new, title = endpoint.pk is None, endpoint.title
    form = EndpointForm(request.POST or None, instance=endpoint)
    if form.is_valid():
        saved = form.save()
        if "test" in request.POST:
            _tell(request, saved)
        else:
            messages.success(request, _("“%(title)s” is saved.") % {"title": saved.title})
        return redirect("models")
    context: dict[str, Any] = {"form": form, "endpoint": endpoint, "is_new": is_new, "saved_title": title}
    for group, names in GROUPS.items():
        context[f"{group}_fields"] = fields = [form[name] for name in names if name in form.fields]
        context[f"{group}_wrong"] = any(field.errors for field in fields)
    return render(request, "llm/form.html", context, status=422 if form.is_bound else 200)


@for_administrators
@require_POST
def test(request: HttpRequest, name: str) -> HttpResponse:
    """The row anew for htmx; otherwise the list with the outcome on top."""
    endpoint = selectors.get_endpoint(name)
    if request.headers.get("HX-Request"):
        services.try_endpoint(endpoint=endpoint)
        return render(request, "llm/_test.html", {"endpoint": endpoint})
    _tell(request, endpoint)
    return redirect("models")


def _tell(request: HttpRequest, endpoint: Endpoint) -> None:
    trial = services.try_endpoint(endpoint=endpoint)
    level = messages.SUCCESS if trial.ok else messages.ERROR
    messages.add_message(request, level, f"{endpoint.title}: {trial.message}")


@for_administrators
@require_POST
def make_default(request: HttpRequest) -> HttpResponse:
    """An empty ``name`` stands for quotes without a model."""
    name = request.POST.get("name", "")
    endpoint = selectors.get_endpoint(name) if name else None
    if not services.make_default(endpoint=endpoint):
        messages.error(request, _("This model is not in use. Switch it on first."))
    return _list_at(name)


@for_administrators
@require_POST
def move(request: HttpRequest, name: str) -> HttpResponse:
    services.move(endpoint=selectors.get_endpoint(name), up=request.POST.get("to") == "up")
    return _list_at(name)


def _list_at(name: str) -> HttpResponse:
    """The list, scrolled to where the button was pressed."""
    return redirect(f"{reverse('models')}#model-{name or 'extractive'}")


@for_administrators
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, name: str) -> HttpResponse:
    endpoint = selectors.get_endpoint(name)
    if not endpoint.is_deletable:
        messages.error(request, _("Remove its environment variables and restart the site instead."))
        return redirect("models")
    if request.method == "GET":
        return render(request, "llm/delete.html", {"endpoint": endpoint})
    services.delete_endpoint(endpoint=endpoint)
    messages.success(request, _("“%(title)s” is deleted.") % {"title": endpoint.title})
    return redirect("models")
