"""The three standing people, collections of theirs, and a clean set of back ends for each test."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from ingestion import services
from ingestion.models import Collection
from search import registry


def pytest_unconfigure() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(os.environ["YOUJU_TEST_DATA_DIR"], ignore_errors=True)


@pytest.fixture(scope="session")
def youju_data() -> Path:
    """The folder with the larger data; where ``YOUJU_DATA`` names none, tests that need it are skipped."""
    named = os.environ.get("YOUJU_DATA", "")
    if not named:
        pytest.skip("YOUJU_DATA does not name the folder with the larger data")
    assert Path(named).is_dir(), f"YOUJU_DATA is not a folder: {named}"
    return Path(named)


@pytest.fixture(autouse=True)
def _fresh_back_ends() -> Iterator[None]:
    registry.reset()
    yield
    registry.reset()


def _person(name: str, **flags: bool) -> User:
    user = User(username=name, **flags)
    user.set_password(f"{name}-secret")
    user.save()
    return user


@pytest.fixture
def admin(db: None) -> User:
    return _person("admin", is_superuser=True, is_staff=True)


@pytest.fixture
def owner(admin: User) -> User:
    return _person("owner")


@pytest.fixture
def teammate(admin: User) -> User:
    return _person("teammate")


@pytest.fixture
def stranger(admin: User) -> User:
    return _person("stranger")


@pytest.fixture
def collection(owner: User, teammate: User) -> Collection:
    """The owner's private collection, in which the teammate is a viewer."""
    made = services.create_collection(owner=owner, name="Handbook", slug="handbook")
    services.set_member(collection=made, user=teammate, role="viewer")
    return made


def signed_in(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client
