"""The contract of back ends on the one that has no model."""

from typing import Any

from chat.extractive import Extractive
from llm.types import Options
from tests.llm.backend_contract import BackendContract


class TestExtractive(BackendContract):
    backend_class = Extractive

    def options(self, peer: Any) -> Options:
        return Options()
