"""The day of a document: its own, its page's, or else when it came."""

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from ingestion.document_dates import day_of, own_day
from ingestion.models import Collection
from tests.ingestion.material import ENGLISH, ready

MAIL = """From: a@example.org
To: b@example.org
Date: Mon, 04 Mar 2019 09:30:00 +0000
Subject: Fees

The harbour fee is forty crowns.
"""


def test_the_day_that_a_file_names() -> None:
    assert own_day({"created": "2020-01-02T10:00:00", "modified": "2021-05-06"}) == date(2021, 5, 6)
    assert own_day({"modified": "0000-00-00", "created": "2020-01-02"}) == date(2020, 1, 2)
    assert own_day({"created": "2999-01-01"}) is None
    assert own_day({}) is None


@pytest.mark.django_db
def test_a_document_keeps_its_own_day(collection: Collection) -> None:
    mail = ready(collection, MAIL, "fees.eml")
    note = ready(collection, ENGLISH)
    assert (mail.dated_on, day_of(mail)) == (date(2019, 3, 4), date(2019, 3, 4))
    assert (note.dated_on, day_of(note)) == (None, timezone.localdate())
    mail.dated_on = None
    mail.save()
    import_module("ingestion.migrations.0014_days_known_already").forwards(apps, None)
    mail.refresh_from_db()
    assert mail.dated_on == date(2019, 3, 4)
