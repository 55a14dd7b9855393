"""Adding documents in the administration: a form that hands its files to the same intake as the site."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from ingestion import services
from ingestion.forms import signed_in
from ingestion.intake import take_upload
from ingestion.models import Collection, Run
from ingestion.views.uploads import sentences


class _SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """One or more files, each checked as one alone would be."""

    widget = _SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        files = data if isinstance(data, list | tuple) else [data]
        return [super(_FilesField, self).clean(file, initial) for file in files or [None]]


class UploadForm(forms.Form):
    collection = forms.ModelChoiceField(
        label=gettext_lazy("Collection"), queryset=Collection.objects.filter(is_scratch=False)
    )
    upload = _FilesField(
        label=gettext_lazy("Files"), help_text=gettext_lazy("Of an archive, every file in it is added.")
    )

    def save(self, request: HttpRequest) -> Run:
        """Queues the files as one run and tells about each what happened."""
        by, collection = signed_in(request.user), self.cleaned_data["collection"]
        run = services.start_run(collection=collection, kind=Run.Kind.UPLOAD, by=by)
        taken = [
            item
            for file in self.cleaned_data["upload"]
            for item in take_upload(collection=collection, file=file, name=file.name or "", by=by, run=run)
        ]
        for level, text in sentences(taken):
            messages.add_message(request, level, text)
        return run
