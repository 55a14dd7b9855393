"""Letting database connections go while something slow is waited for."""

from django.db import connections


def release_connections() -> None:
    """Closes this thread's database connections, unless a transaction is open on them."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
