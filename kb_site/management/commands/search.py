"""``manage.py search QUERY --collection SLUG``"""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from ingestion.api import search_out
from ingestion.finding import find
from ingestion.ranked import SORTS
from kb_site.commands import DataCommand, collection_named
from kb_site.services import Running
from search.query_language import parse
from search.types import MODES


class Command(DataCommand):
    help = "Searches a collection."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("query")
        parser.add_argument("--collection", required=True, metavar="SLUG")
        parser.add_argument("-k", type=int, default=10, help="how many passages")
        parser.add_argument("--mode", choices=MODES, default="hybrid")
        parser.add_argument("--sort", choices=SORTS, default="relevance", help="date: newest document first")
        parser.add_argument("--offset", type=int, default=0, help="how many passages to pass over")

    def work(self, options: dict[str, Any], running: Running | None) -> dict[str, Any]:
        collection = collection_named(options["collection"])
        k, offset = max(1, options["k"]), max(0, options["offset"])
        asked = parse(options["query"], today=timezone.localdate())
        found = find(
            asked, [collection], k=k, mode=options["mode"], sort=options["sort"], offset=offset, fold=True
        )
        return search_out(found, offset + k)

    def show(self, result: dict[str, Any]) -> None:
        for note in result.get("notes", ()):
            self.stderr.write(note)
        for number, hit in enumerate(result["hits"], 1):
            place = f"p. {hit['page']}" if hit["page"] else hit["heading"]
            self.stdout.write(f"{number}. {hit['document']}  {place}  ({hit['score']:.3f})")
            self.stdout.write("   " + " ".join(hit["text"].split())[:300])
        if not result["hits"]:
            self.stdout.write("Nothing was found.")
