"""``manage.py evaluate DIR``"""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from chat.evaluating import AnswerTally
from ingestion import beir
from ingestion.evaluating import evaluate
from kb_site.commands import DataCommand, collection_named
from kb_site.scratch import scratch_collection
from kb_site.services import Running
from search.types import MODES


class Command(DataCommand):
    help = "Measures retrieval, and with --answers the answers, on a dataset in BEIR layout."
    exclusive = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument(
            "--collection", metavar="SLUG", help="measure this one instead of ingesting the corpus"
        )
        parser.add_argument("-k", type=int, default=10, help="how many documents")
        parser.add_argument("--mode", choices=MODES, default="hybrid")
        parser.add_argument("--answers", action="store_true", help="also write and judge the answers")

    def work(self, options: dict[str, Any], running: Running | None) -> dict[str, Any]:
        assert running is not None
        dataset = beir.read(options["folder"])
        own = options["collection"]
        source = (
            nullcontext(collection_named(own)) if own else scratch_collection(dataset.corpus, running, self)
        )
        with source as collection:
            tally = AnswerTally() if options["answers"] else None
            scores = evaluate(
                dataset.queries,
                collection,
                k=max(1, options["k"]),
                mode=options["mode"],
                on_each=tally.add if tally else None,
            )
        result: dict[str, Any] = {
            "queries": scores.queries,
            "documents": scores.documents,
            "mode": options["mode"],
            "ndcg@10": round(scores.ndcg_at_10, 4),
            "recall@1": round(scores.recall_at_1, 4),
            "recall@5": round(scores.recall_at_5, 4),
            "recall@10": round(scores.recall_at_10, 4),
            "mrr@10": round(scores.mrr_at_10, 4),
            "latency_ms": {"p50": scores.p50_ms, "p95": scores.p95_ms},
        }
        return result | (tally.result() if tally else {})
