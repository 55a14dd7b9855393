"""Settings: read from the environment (and ``.env``) here and nowhere else.

Inner code receives plain values; only the doors of each room look at ``django.conf.settings``.
"""

import json
import os
import tempfile
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from dotenv import load_dotenv

from kb_site import index_back_ends, rerankers
from kb_site.embedding_models import default_model, named_models
from kb_site.env import env_bool, env_int, env_list, env_path, env_str, secret, writable_folder

BASE_DIR = Path(__file__).resolve().parent.parent
load_dotenv(BASE_DIR / ".env")

# --- Where things live ------------------------------------------------------------------------
DATA_DIR = env_path("DATA_DIR", BASE_DIR / "data")
FILES_DIR = env_path("FILES_DIR", DATA_DIR / "files")
LEXICAL_DIR = DATA_DIR / "lexical"
CHROMA_DIR = DATA_DIR / "chroma"
MIRROR_DIR = DATA_DIR / "mirrors"
RUN_DIR = writable_folder(DATA_DIR / "run")
LOG_DIR = DATA_DIR / "logs"

HOST = env_str("HOST", "127.0.0.1")
PORT = env_int("PORT", 8000)
SITE_URL = env_str("SITE_URL", f"http://{HOST}:{PORT}")
# Python computes on one core at a time, so people who search at once share as many processes.
WEB_PROCESSES = max(1, env_int("WEB_PROCESSES", min(2, len(os.sched_getaffinity(0)))))

# --- Security ---------------------------------------------------------------------------------
DEBUG = env_bool("DEBUG", False)
SECRET_KEY = secret("SECRET_KEY", DATA_DIR / "secrets")
ALLOWED_HOSTS = env_list(
    "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", urlsplit(SITE_URL).hostname or "localhost"]
)
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL.startswith("https://") else []
# Browsers drop Secure cookies on plain http, so they follow the address people use.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SESSION_COOKIE_SECURE else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- Applications -----------------------------------------------------------------------------
INSTALLED_APPS = [
    "accounts",
    "llm",
    "search",
    "ingestion",
    "chat",
    "kb_site",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_celery_beat",
]
MIDDLEWARE = [
    "kb_site.middleware.ApiProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kb_site.middleware.PrivatePagesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "kb_site.middleware.FormAddressMiddleware",
    "kb_site.too_large.TooLargeMiddleware",
    "accounts.middleware.FirstVisitMiddleware",
]
ROOT_URLCONF = "kb_site.urls"
ASGI_APPLICATION = "kb_site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    }
]
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "search"
LOGOUT_REDIRECT_URL = "search"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database: the truth ----------------------------------------------------------------------
# Threads that serve one request or task after the other keep their connection for so long.
_CONNECTION_AGE_S = 60


def _database(url: str) -> dict[str, Any]:
    """SQLite in WAL mode, or ``postgres://user:password@host:port/name``."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "youju.sqlite3",
            "CONN_MAX_AGE": _CONNECTION_AGE_S,
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32000;"
                ),
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL starts with {parts.scheme!r}; use postgres://user:password@host:5432/name, "
            "or leave it empty for SQLite in the data folder"
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": _CONNECTION_AGE_S,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database(env_str("DATABASE_URL"))}

# --- Services: ours unless an address is given ------------------------------------------------


def _socket_path() -> Path:
    """A unix socket's path holds at most 107 bytes, so a deep data folder gets a short alias."""
    path = RUN_DIR / "redis.sock"
    if len(os.fsencode(path)) <= 100:
        return path
    name = blake2b(os.fsencode(path), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"youju-{os.getuid()}-{name}.sock"


def _chroma_url() -> str:
    """The running vector server's address, which whoever started it wrote down."""
    try:
        return str(json.loads((RUN_DIR / "services.json").read_text())["chroma_url"])
    except (OSError, ValueError, KeyError):
        return ""


REDIS_SOCKET = _socket_path()
OWN_REDIS = not env_str("REDIS_URL")
REDIS_URL = env_str("REDIS_URL") or f"unix://{REDIS_SOCKET}?db=0"
OWN_CHROMA = not env_str("CHROMA_URL") and env_str("VECTOR_INDEX", "chroma") == "chroma"
CHROMA_URL = env_str("CHROMA_URL") or _chroma_url()

# Whether workers run on their own, in containers or on other machines, so that commands hand over to them.
EXTERNAL_WORKERS = env_bool("EXTERNAL_WORKERS", False)

CELERY_BROKER_URL = f"redis+socket://{REDIS_SOCKET}?virtual_host=0" if OWN_REDIS else REDIS_URL
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Wake-ups are sent inside requests: where the broker is away, they fail at once and the scheduler helps.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "visibility_timeout": 3600,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.05,
    "interval_max": 0.1,
}
CELERY_TASK_ROUTES = {
    "ingestion.extract_waiting": {"queue": "extract"},
    "ingestion.index_waiting": {"queue": "index"},
    "ingestion.sweep": {"queue": "extract"},
    "ingestion.sync_sources": {"queue": "extract"},
    "ingestion.crawl_sites": {"queue": "crawl"},
    "chat.evaluate_waiting": {"queue": "crawl"},
    "chat.forget_visitors": {"queue": "extract"},
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "ingestion.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "visitors": {"task": "chat.forget_visitors", "schedule": 3600.0, "options": {"expires": 3600}},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(RUN_DIR / "beat-schedule")

# --- Search -----------------------------------------------------------------------------------
EMBEDDINGS = named_models(env_list("EMBEDDING_MODELS", []), DATA_DIR / "models")
EMBEDDING = default_model(
    env_str("EMBEDDING_BACKEND"), env_str("EMBEDDING_MODEL"), EMBEDDINGS, DATA_DIR / "models"
)
MILVUS = index_back_ends.milvus(
    env_str("MILVUS_URI"), env_str("MILVUS_TOKEN"), env_str("MILVUS_DATABASE", "default")
)
LEXICAL_INDEX = index_back_ends.lexical_index(env_str("LEXICAL_INDEX", "tantivy"), LEXICAL_DIR, MILVUS)
# Where the words are in the data folder, all processes share it.
VECTOR_INDEX = index_back_ends.vector_index(
    env_str("VECTOR_INDEX", "chroma"),
    CHROMA_URL,
    MILVUS,
    mirrors=MIRROR_DIR if env_str("LEXICAL_INDEX", "tantivy") == "tantivy" else None,
)
RERANKER_BUDGET_MS = rerankers.within("RERANKER_BUDGET_MS", env_int("RERANKER_BUDGET_MS", 1000), 10, 60_000)
RERANKER_DEPTH = rerankers.within("RERANKER_DEPTH", env_int("RERANKER_DEPTH", 20), 2, 30)
RERANKER = rerankers.reranker(
    env_str("RERANKER"),
    model=env_str("RERANKER_MODEL"),
    url=env_str("RERANKER_URL"),
    key=env_str("RERANKER_KEY"),
    timeout_s=RERANKER_BUDGET_MS / 1000,
)
CHUNK_TOKENS = env_int("CHUNK_TOKENS", 200)
CHUNK_OVERLAP_TOKENS = env_int("CHUNK_OVERLAP_TOKENS", 30)
EMBEDDING_CACHE_MB = env_int("EMBEDDING_CACHE_MB", 1024)
MAX_QUERY_CHARS = env_int("MAX_QUERY_CHARS", 2000)
# Pasted texts and fetched pages that one person keeps.
MAX_KEPT_TEXTS = env_int("MAX_KEPT_TEXTS", 100)
# Who may open a link to a shared conversation: anyone, signed-in or off.
SHARED_LINKS = env_str("SHARED_LINKS", "anyone")
RATE_LIMITS = {
    "chat": env_str("RATE_LIMIT_CHAT", "30/minute"),
    "search": env_str("RATE_LIMIT_SEARCH", "240/minute"),
    "titles": env_str("RATE_LIMIT_TITLES", "600/minute"),
    "login": env_str("RATE_LIMIT_LOGIN", "10/minute"),
}

# --- Ingestion --------------------------------------------------------------------------------
MAX_UPLOAD_MB = env_int("MAX_UPLOAD_MB", 100)
MAX_REQUEST_MB = env_int("MAX_REQUEST_MB", 5 * MAX_UPLOAD_MB)
EXTRACT_TIMEOUT_S = env_int("EXTRACT_TIMEOUT_S", 300)
EXTRACT_MEMORY_MB = env_int("EXTRACT_MEMORY_MB", 2048)
PARSE_THREADS = env_int("PARSE_THREADS", 2)
OCR = env_bool("OCR", True)
# Folders of the server that administrators may make sources of collections; empty turns that off.
SOURCE_ROOTS = [os.path.realpath(path) for path in env_str("SOURCE_ROOTS").split(":") if path.strip()]

# --- Crawling ---------------------------------------------------------------------------------
# Ports and networks (CIDR) that may be asked although they are not those of public sites.
CRAWL_ALLOWED_PORTS = env_str("CRAWL_ALLOWED_PORTS", "80,443")
CRAWL_ALLOWED_NETWORKS = env_list("CRAWL_ALLOWED_NETWORKS", [])
# What sites see of us: how to reach whoever runs this.
CRAWL_CONTACT = env_str("CRAWL_CONTACT", SITE_URL)
CRAWL_USER_AGENT = f"Mozilla/5.0 (compatible; YoujuBot/0.1; +{CRAWL_CONTACT})"
CRAWL_DELAY_MS = env_int("CRAWL_DELAY_MS", 500)
CRAWL_CONNECTIONS = env_int("CRAWL_CONNECTIONS", 2)
CRAWL_SITES = env_int("CRAWL_SITES", 2)
CRAWL_MAX_MB = env_int("CRAWL_MAX_MB", 30)
CRAWL_TIMEOUT_S = env_int("CRAWL_TIMEOUT_S", 30)
CRAWL_DIR = env_path("CRAWL_DIR", DATA_DIR / "crawls")

# --- Uploads ----------------------------------------------------------------------------------
# Holds a million characters of Chinese in the JSON of the API, six bytes each.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
FILE_UPLOAD_TEMP_DIR = writable_folder(DATA_DIR / "uploads")

# --- Language models --------------------------------------------------------------------------
LLM_BACKENDS = {
    "extractive": "chat.extractive.Extractive",
    "openai": "llm.openai.OpenAICompatible",
    "qianfan": "llm.qianfan.Qianfan",
    "ernie": "llm.ernie_door.SiteErnie",
    "bloom": "llm.bloom.Bloom",
    "transformers": "llm.local_transformers.LocalTransformers",
    "llama_cpp": "llm.gguf.GGUF",
}
CHAT_THREADS = env_int("CHAT_THREADS", 128)
# What seals the keys of endpoints in the database. Several with commas: the first seals, all open.
ENCRYPTION_KEYS = secret("ENCRYPTION_KEY", DATA_DIR / "secrets")


def _first_endpoint() -> dict[str, Any]:
    """The fields of the endpoint "environment" that are set; the rest follows its kind."""
    texts = {name: env_str(f"LLM_{name.upper()}") for name in ("base_url", "model", "api_key", "secret_key")}
    numbers = {name: env_int(f"LLM_{name.upper()}", 0) for name in ("timeout_s", "context_tokens")}
    return {name: value for name, value in {**texts, **numbers}.items() if value}


LLM: dict[str, Any] = {
    "BACKEND": env_str("LLM_BACKEND", "openai" if env_str("LLM_BASE_URL") else ""),
    "OPTIONS": _first_endpoint(),
}

# --- Languages, static files, log -------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "kb_site" / "locale"]
USE_I18N = USE_TZ = USE_THOUSAND_SEPARATOR = True
TIME_ZONE = env_str("TIME_ZONE", "UTC")

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env_str("LOG_LEVEL", "INFO")},
    "loggers": {"httpx": {"level": "WARNING"}, "httpx2": {"level": "WARNING"}},
}
