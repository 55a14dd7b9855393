"""``manage.py search QUERY --collection SLUG``"""

from typing import Any

from django.core.management.base import CommandParser

from ingestion.api import search_out
from ingestion.finding import find
from kb_site.commands import DataCommand, collection_named
from kb_site.services import Running
from search.types import MODES


class Command(DataCommand):
    help = "Searches a collection."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("query")
        parser.add_argument("--collection", required=True, metavar="SLUG")
        parser.add_argument("-k", type=int, default=10, help="how many passages")
        parser.add_argument("--mode", choices=MODES, default="hybrid")

    def work(self, options: dict[str, Any], running: Running | None) -> dict[str, Any]:
        collection = collection_named(options["collection"])
        return search_out(find(options["query"], [collection], k=max(1, options["k"]), mode=options["mode"]))

    def show(self, result: dict[str, Any]) -> None:
        for number, hit in enumerate(result["hits"], 1):
            place = f"p. {hit['page']}" if hit["page"] else hit["heading"]
            self.stdout.write(f"{number}. {hit['document']}  {place}  ({hit['score']:.3f})")
            self.stdout.write("   " + " ".join(hit["text"].split())[:300])
        if not result["hits"]:
            self.stdout.write("Nothing was found.")
