"""The pages on which administrators keep the rules before and after the model."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from chat.rules import selectors, services
from chat.rules.forms import FORMS
from chat.rules.kinds import KINDS, of_stage
from chat.rules.models import Rule
from chat.rules.trying_forms import TryForm

View = Callable[..., HttpResponse]


def for_administrators(view: View) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied(_("Only administrators may change the rules of this site."))
        return view(request, *args, **kwargs)

    return login_required(checked)


@for_administrators
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """``moved`` names a rule whose new place is told."""
    return _page(request, TryForm(user=cast(User, request.user)))


def _page(request: HttpRequest, form: TryForm, *, status: int = 200, **more: Any) -> HttpResponse:
    before, after = selectors.rules_of_stage("before"), selectors.rules_of_stage("after")
    context = {
        "before": before,
        "after": after,
        "slow": [rule for rule in (*before, *after) if rule.trouble and not rule.is_enabled],
        "holding": [rule for rule in before if rule.trouble and rule.is_enabled],
        "moved": request.GET.get("moved", ""),
        "form": form,
    }
    return render(request, "chat/rules/list.html", context | more, status=status)


@for_administrators
@require_POST
def try_out(request: HttpRequest) -> HttpResponse:
    """What comes of a sample: for htmx alone, otherwise in the page."""
    form = TryForm(request.POST, user=cast(User, request.user))
    more = {"tried": form.tried()} if form.is_valid() else {}
    status = 200 if form.is_valid() else 422
    if request.headers.get("HX-Request"):
        # htmx shows no answer of another status.
        return render(request, "chat/rules/_try.html", {"form": form, **more})
    return _page(request, form, status=status, **more)


@for_administrators
@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    stages = {"before": of_stage("before"), "after": of_stage("after")}
    return render(request, "chat/rules/choose.html", stages)


@for_administrators
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in KINDS:
        raise Http404
    return _form_page(request, Rule(kind=kind))


@for_administrators
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, rule_id: int) -> HttpResponse:
    return _form_page(request, selectors.get_rule(rule_id))


def _form_page(request: HttpRequest, rule: Rule) -> HttpResponse:
    is_new = rule.pk is None
    form = FORMS[rule.kind](request.POST or None, rule=rule, user=cast(User, request.user))
    if form.is_valid():
        saved = form.save()
        messages.success(request, _("“%(title)s” is saved.") % {"title": saved.title})
        return _list_at(saved)
    context = {"form": form, "rule": rule, "kind": KINDS[rule.kind], "is_new": is_new}
    if rule.kind == "mask":
        context["reach"] = selectors.reach_of_models()
    return render(request, "chat/rules/form.html", context, status=422 if form.is_bound else 200)


@for_administrators
@require_POST
def move(request: HttpRequest, rule_id: int) -> HttpResponse:
    rule = selectors.get_rule(rule_id)
    services.move(rule=rule, up=request.POST.get("to") == "up")
    return redirect(f"{reverse('rules')}?moved={rule.pk}#rule-{rule.pk}")


@for_administrators
@require_POST
def switch(request: HttpRequest, rule_id: int) -> HttpResponse:
    rule = selectors.get_rule(rule_id)
    services.switch(rule=rule, on=request.POST.get("to") == "on")
    return _list_at(rule)


def _list_at(rule: Rule) -> HttpResponse:
    """The list, scrolled to the rule."""
    return redirect(f"{reverse('rules')}#rule-{rule.pk}")


@for_administrators
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, rule_id: int) -> HttpResponse:
    rule = selectors.get_rule(rule_id)
    if request.method == "GET":
        return render(request, "chat/rules/delete.html", {"rule": rule})
    services.delete_rule(rule=rule)
    messages.success(request, _("“%(title)s” is deleted.") % {"title": rule.title})
    return redirect("rules")
