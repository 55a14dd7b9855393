"""The API of the library for who writes prompts: make, change, delete, and look at versions.

It adds to the router of ``chat.prompt_library.api``, since both have calls at the same addresses.
"""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field

from accounts.models import User
from chat import prompt_texts
from chat.models import PromptTemplate, PromptVersion
from chat.prompt_library import selectors, services, versions
from chat.prompt_library.api import as_json, in_full, person_of
from chat.prompt_library.api import router as router
from chat.prompt_library.editor_form import EditorForm
from chat.prompt_library.prompt import Prompt, inputs_of
from chat.prompt_library.versions import ChangedMeanwhile
from kb_site.problems import Problem

_FIELDS = ("name", "text", "description", "query", "language")


class VariableIn(Schema):
    label: str = Field("", description="What its field is called; empty: its name.")
    kind: Literal["line", "text", "choice"] = "line"
    choices: list[str] = Field([], description="Of a choice; the first one is taken where none is given.")
    default: str = ""
    optional: bool = False


class PromptIn(Schema):
    name: str
    text: str = Field(description="With {variables}; {sources} stands for passages that are searched.")
    description: str = ""
    query: str = Field("", description="What is searched for {sources}; empty: the first variable's value.")
    language: Literal["", "en", "zh-hans"] = ""
    variables: dict[str, VariableIn] = Field({}, description="What is said of variables of the text.")


class PromptChange(Schema):
    """What is left out stays as it is. ``variables`` replace what was said of all of them."""

    name: str | None = None
    text: str | None = None
    description: str | None = None
    query: str | None = None
    language: Literal["", "en", "zh-hans"] | None = None
    variables: dict[str, VariableIn] | None = None
    version: int | None = Field(None, description="The one that you read: a newer one is not written over.")


@router.post("/prompts", response={201: dict[str, Any]}, summary="Make a prompt of your own")
def make(request: HttpRequest, data: PromptIn) -> HttpResponse:
    user = person_of(request)
    template = PromptTemplate(kind=PromptTemplate.Kind.TASK, owner=user)
    return _saved(user, template, data.dict(), None, status=201)


@router.patch("/prompts/{key}", response=dict[str, Any], summary="Save a prompt as a new version")
def change(request: HttpRequest, key: str, data: PromptChange) -> HttpResponse:
    """Your own, and for administrators those for everybody. Presets stay as they are. Where nothing differs
    there is no new version."""
    user = person_of(request)
    template = _changeable(user, key)
    now = {name: getattr(template, name) for name in _FIELDS} | {"variables": template.inputs}
    given = data.dict(exclude_none=True)
    return _saved(user, template, now | given, data.version)


@router.delete("/prompts/{key}", response={204: None}, summary="Delete a prompt with all its versions")
def delete(request: HttpRequest, key: str) -> HttpResponse:
    services.delete(template=_changeable(person_of(request), key))
    return HttpResponse(status=204)


@router.get("/prompts/{key}/versions", response=dict[str, Any], summary="All versions of a prompt")
def listed(request: HttpRequest, key: str) -> HttpResponse:
    """The newest first. A preset has none."""
    template = selectors.get_prompt(person_of(request), key).template
    rows = [_version(row) for row in versions.versions_of(template)] if template is not None else []
    return as_json({"count": len(rows), "results": rows})


def _changeable(user: User, key: str) -> PromptTemplate:
    """Raises ``Http404``, ``PermissionDenied``, and ``Problem`` for a preset."""
    template = selectors.get_prompt(user, key).template
    if template is None:
        raise Problem(409, _("A preset stays as it is: make a prompt of your own of it."), code="is_preset")
    return selectors.get_changeable(user, template.pk)


def _saved(
    user: User, template: PromptTemplate, data: dict[str, Any], seen: int | None, *, status: int = 200
) -> HttpResponse:
    """As the form of the page would save it. Raises ``Problem``."""
    described = data["variables"]
    _refuse_unknown(f"{data['text']}\n{data['query']}", list(described))
    values = {name: data[name] for name in _FIELDS} | {"version": seen or template.version}
    for name, told in described.items():
        values |= {f"{field}-{name}": value for field, value in _typed(name, told).items()}
    form = EditorForm(values, template=template, user=user)
    if not form.is_valid():
        fields = {name: " ".join(map(str, errors)) for name, errors in form.errors.items()}
        said = "; ".join(f"{name}: {words}" for name, words in fields.items())
        raise Problem(422, said, code="bad_prompt", more={"fields": fields})
    try:
        form.save()
    except ChangedMeanwhile as error:
        raise Problem(409, str(error), code=error.code) from error
    return as_json(in_full(Prompt.of(template)), status=status)


def _refuse_unknown(text: str, names: list[str]) -> None:
    unknown = [name for name in names if name not in prompt_texts.names_in(text)]
    if unknown:
        said = _("The text has no variable {%(name)s}: put it in, or leave out what is said of it.")
        raise Problem(422, said % {"name": unknown[0]}, code="unknown_variables", more={"variables": unknown})


def _typed(name: str, told: dict[str, Any]) -> dict[str, str]:
    """A form has the choices in one line, with bars between."""
    choices = told.get("choices", [])
    if any("|" in choice or "｜" in choice for choice in choices):
        said = _("A choice of {%(name)s} holds a bar (|), which stands between choices: leave it out.")
        raise Problem(422, said % {"name": name}, code="bad_prompt", more={"variables": [name]})
    typed = {field: str(told.get(field, "")) for field in ("label", "kind", "default")}
    return typed | {"choices": " | ".join(choices), "optional": "on" if told.get("optional") else ""}


def _version(row: PromptVersion) -> dict[str, Any]:
    inputs = inputs_of(row.text, row.query, row.inputs)
    return {
        "version": row.number,
        **{name: getattr(row, name) for name in _FIELDS},
        "variables": {one.name: one.described() for one in inputs},
        "restored": row.restored,
        "by": row.created_by.shown_name if row.created_by else "",
        "at": row.created_at.isoformat(),
    }
