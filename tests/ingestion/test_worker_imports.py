"""Parse workers stay small: nothing that they import brings the model's libraries along."""

import os
import subprocess
import sys

from django.conf import settings

HEAVY = ("torch", "transformers", "sentence_transformers", "chromadb", "kreuzberg", "trafilatura")
CODE = f"""
import sys
from kb_site.celery import app
app.loader.import_default_modules()
import ingestion.tasks, ingestion.pipeline, ingestion.splitting
from search import registry
registry.tokenizer_path(), registry.embedder().fingerprint
print(*[name for name in {HEAVY} if name in sys.modules])
"""


def test_a_parse_worker_loads_neither_the_model_nor_the_parsers() -> None:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "kb_site.settings"}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ""
