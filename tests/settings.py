"""The site's settings over a throw-away data folder, with the light back ends that need no server.

Tests of the real ones (Chroma, the bundled model, Redis, workers) start them themselves.
"""

import os
import tempfile
from pathlib import Path

# One folder for the run, in it one for each of the processes that share the tests out among them.
_all = Path(os.environ.get("YOUJU_TEST_DATA_DIR") or tempfile.mkdtemp(prefix="youju-tests-"))
os.environ["YOUJU_TEST_DATA_DIR"] = str(_all)
_folder = _all / os.environ.get("PYTEST_XDIST_WORKER", "main")
_folder.mkdir(parents=True, exist_ok=True)
os.environ["DATA_DIR"] = str(_folder)
for _name in (
    "REDIS_URL",
    "CHROMA_URL",
    "VECTOR_INDEX",
    "LEXICAL_INDEX",
    "RERANKER",
    "LLM_BACKEND",
    "LLM_BASE_URL",
    "EMBEDDING_MODEL",
    "EMBEDDING_MODELS",
    "SITE_URL",
    "DEBUG",
):
    os.environ.pop(_name, None)

from kb_site.settings import *  # noqa: E402, F403
from kb_site.settings import DATABASES  # noqa: E402

DATABASES["default"].setdefault("TEST", {})
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": _folder / "test.sqlite3"}
EMBEDDING = {"BACKEND": "search.embedding.hashed.HashedEmbedder", "OPTIONS": {}}
VECTOR_INDEX = {"BACKEND": "search.index.memory.MemoryVectorIndex", "OPTIONS": {}}
LEXICAL_INDEX = {"BACKEND": "search.index.memory.MemoryLexicalIndex", "OPTIONS": {}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
RATE_LIMITS: dict[str, str] = {}
