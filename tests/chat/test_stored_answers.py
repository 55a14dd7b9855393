"""What of an answer goes into its row."""

from decimal import Decimal

import pytest

from chat.events import Answer
from chat.stored_answers import final_fields
from llm import services
from llm.models import Endpoint
from llm.types import Usage


def endpoint(name: str, price: str) -> None:
    made = Endpoint(name=name, title=name, kind="openai", model="m", base_url="http://127.0.0.1:9/v1")
    made.price_prompt = Decimal(price)
    services.save_endpoint(endpoint=made)


@pytest.mark.django_db
def test_the_cost_is_that_of_the_endpoint_that_wrote_it() -> None:
    """Two endpoints may serve the same model at different prices."""
    endpoint("dear", "2")
    endpoint("cheap", "1")
    usage = Usage(1000, 0)
    told = final_fields(Answer("x", refused=False, model="m", usage=usage, endpoint="cheap"))["usage"]
    assert Decimal(told["cost"]) == 1
    assert told["currency"] == "USD"
    assert "cost" not in final_fields(Answer("x", refused=True, model="m"))["usage"]
