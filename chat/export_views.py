"""The download of a conversation."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chat import selectors
from chat.addresses import named_message
from chat.export import FORMATS, File, export


@login_required
@require_GET
def download(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """``?format=md``, which is the default, or ``json``; ``?m=`` names a message of the branch."""
    form = request.GET.get("format", "md")
    conversation = selectors.get_conversation(request.user, conversation_id)
    if form not in FORMATS:
        raise Http404(_("A conversation can be exported as “md” or “json”."))
    through = named_message(request)
    return as_download(export(conversation, form, request.build_absolute_uri, through))


def as_download(file: File) -> HttpResponse:
    response = HttpResponse(file.text, content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
