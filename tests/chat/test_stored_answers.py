"""What of an answer goes into its row."""

from decimal import Decimal
from typing import Any

import pytest

from chat.events import Answer, Spent
from chat.stored_answers import final_fields
from chat.templatetags.chat_text import price
from llm import services
from llm.models import Endpoint
from llm.types import Usage


def endpoint(name: str, price: str) -> None:
    made = Endpoint(name=name, title=name, kind="openai", model="m", base_url="http://127.0.0.1:9/v1")
    made.price_prompt = Decimal(price)
    services.save_endpoint(endpoint=made)


def told(*spent: Spent) -> dict[str, Any]:
    usage: dict[str, Any] = final_fields(Answer("x", refused=False, model="m", spent=spent))["usage"]
    return usage


@pytest.mark.django_db
def test_the_cost_is_that_of_the_endpoints_that_were_asked() -> None:
    """Two endpoints may serve the same model at different prices."""
    endpoint("dear", "2")
    endpoint("cheap", "1")
    usage = told(Spent("cheap", Usage(1000, 0)))
    assert (Decimal(usage["cost"]), usage["currency"]) == (1, "USD")
    both = told(Spent("dear", Usage(500, 10)), Spent("cheap", Usage(1000, 5)))
    assert (Decimal(both["cost"]), both["prompt_tokens"], both["completion_tokens"]) == (2, 1500, 15)
    assert "estimated" not in both
    assert told() == {"prompt_tokens": 0, "completion_tokens": 0}


@pytest.mark.django_db
def test_two_currencies_make_no_sum() -> None:
    endpoint("dear", "2")
    endpoint("cheap", "1")
    Endpoint.objects.filter(name="cheap").update(currency="CNY")
    assert "cost" not in told(Spent("dear", Usage(500, 10)), Spent("cheap", Usage(1000, 5)))


@pytest.mark.django_db
def test_a_cost_that_rests_on_an_estimate_is_marked() -> None:
    endpoint("cheap", "1")
    usage = told(Spent("cheap", Usage(1000, 5), is_estimate=True))
    assert usage["estimated"] is True
    assert price(usage) == "about 1.00 USD"
    assert price(told(Spent("cheap", Usage(1000, 5)))) == "1.00 USD"
