"""A widget of the owner's collection."""

import pytest

from accounts.models import User
from chat.widget import services
from chat.widget.models import Widget
from ingestion.models import Collection
from tests.chat.handbook import fill

HOME = "https://shop.example"


@pytest.fixture
def widget(owner: User, collection: Collection) -> Widget:
    return services.make_widget(collection=fill(collection), by=owner, name="Help", origins=[HOME])
