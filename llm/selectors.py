"""Reads of endpoints."""

from django.shortcuts import get_object_or_404

from llm.models import Endpoint


def all_endpoints() -> list[Endpoint]:
    """In the order in which they step in."""
    return list(Endpoint.objects.all())


def enabled_endpoints() -> list[Endpoint]:
    return list(Endpoint.objects.filter(is_enabled=True))


def get_endpoint(name: str) -> Endpoint:
    """Raises ``Http404``."""
    return get_object_or_404(Endpoint, name=name)
