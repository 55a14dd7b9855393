"""A single page of the web, added from the search box."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import Action
from ingestion import access, web_sources
from ingestion.forms import signed_in
from ingestion.web_sources import BadAddress


@login_required
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Leads to where its progress is seen: the source, or the collection for those who do not manage it."""
    collection = access.get_collection(request.user, request.POST.get("collection", ""), Action.EDIT)
    url = request.POST.get("url", "")[:1000]
    try:
        source = web_sources.add_page(collection=collection, by=signed_in(request.user), url=url)
    except BadAddress as error:
        messages.error(request, str(error))
        return redirect(f"{reverse('search')}?{urlencode({'q': url})}")
    messages.success(
        request, _("The page is being fetched. It becomes a document of “%(name)s”.") % {"name": collection}
    )
    return redirect(source if access.may(request.user, collection, Action.MANAGE) else collection)
