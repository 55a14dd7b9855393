"""Widgets for programs of a collection's editors: listed, made, changed, switched and deleted."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema

from accounts.models import User
from accounts.roles import Action
from chat.widget import selectors, services
from chat.widget.forms import WidgetForm
from chat.widget.models import Widget
from ingestion.access import get_collection
from kb_site.problems import Problem

router = Router(tags=["widget"])


class WidgetIn(Schema):
    """What is left out stays as it is, or as a new widget has it."""

    name: str | None = None
    origins: list[str] | None = None
    greeting: str | None = None
    questions: list[str] | None = None
    contact: str | None = None
    language: str | None = None
    accent: str | None = None
    model: str | None = None
    visitor_limit: int | None = None
    daily_limit: int | None = None
    keep_days: int | None = None
    is_on: bool | None = None


@router.get("/collections/{slug}/widgets", summary="Widgets of a collection")
def widgets(request: HttpRequest, slug: str) -> Any:
    collection = get_collection(_person(request), slug, Action.EDIT)
    return {"results": [_out(request, widget) for widget in selectors.widgets_of(collection)]}


@router.post("/collections/{slug}/widgets", summary="Make a widget", response={201: Any})
def make(request: HttpRequest, slug: str, data: WidgetIn) -> Any:
    user = _person(request)
    collection = get_collection(user, slug, Action.EDIT)
    values = _checked(Widget(), data)
    name, origins = values.pop("name"), values.pop("origins")
    widget = services.make_widget(collection=collection, by=user, name=name, origins=origins)
    services.change_widget(widget=widget, **values)
    return 201, _out(request, widget)


@router.patch("/collections/{slug}/widgets/{widget_id}", summary="Change a widget, or switch it")
def change(request: HttpRequest, slug: str, widget_id: UUID, data: WidgetIn) -> Any:
    widget = selectors.get_widget(_person(request), slug, widget_id)
    services.change_widget(widget=widget, **_checked(widget, data))
    return _out(request, widget)


@router.delete("/collections/{slug}/widgets/{widget_id}", summary="Delete a widget", response={204: None})
def delete(request: HttpRequest, slug: str, widget_id: UUID) -> Any:
    """With its conversations."""
    services.delete_widget(widget=selectors.get_widget(_person(request), slug, widget_id))
    return 204, None


def _person(request: HttpRequest) -> User:
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


def _checked(widget: Widget, data: WidgetIn) -> dict[str, Any]:
    """The values of all fields as the form of the page would have them. Raises ``Problem``."""
    given = data.dict(exclude_none=True)
    is_on = given.pop("is_on", widget.is_on)
    values = {name: given.get(name, getattr(widget, name)) for name in WidgetForm.base_fields}
    lines = {name: "\n".join(value) for name, value in values.items() if isinstance(value, list)}
    form = WidgetForm(values | lines)
    if not form.is_valid():
        told = [f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()]
        raise Problem(422, "; ".join(told), code="invalid")
    return form.cleaned_data | {"is_on": is_on}


def _out(request: HttpRequest, widget: Widget) -> dict[str, Any]:
    shown = {name: getattr(widget, name) for name in ("id", "is_on", *WidgetForm.base_fields)}
    return shown | {"script": request.build_absolute_uri(reverse("widget-script", args=[widget.pk]))}
