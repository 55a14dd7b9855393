"""A collection with documents that went through the real pipeline, for tests of whole answers."""

from ingestion.models import Collection
from tests.chat.passages import HARBOUR, LIGHTHOUSE
from tests.ingestion.material import ready

CHINESE = "# 灯塔\n\n斯卡恩的灯塔建于一八九七年。它高四十二米,由阿达看守。\n"


def fill(collection: Collection) -> Collection:
    ready(collection, f"# Coast\n\n{LIGHTHOUSE}\n", "coast.md")
    ready(collection, f"# Harbour\n\n{HARBOUR}\n", "harbour.md")
    ready(collection, CHINESE, "dengta.md")
    return collection
