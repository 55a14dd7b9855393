"""The kinds of file that are told apart: their MIME types, magic numbers and, for text, suffixes."""

PDF = "application/pdf"
RTF = "application/rtf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOC = "application/msword"
PPT = "application/vnd.ms-powerpoint"
XLS = "application/vnd.ms-excel"
XLSB = "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
EPUB = "application/epub+zip"
MSG = "application/vnd.ms-outlook"
EML = "message/rfc822"
ZIP = "application/zip"
TAR = "application/x-tar"
GZIP = "application/gzip"
BZIP2 = "application/x-bzip2"
XZ = "application/x-xz"
HTML = "text/html"
XML = "application/xml"
MARKDOWN = "text/markdown"
FEED = "application/rss+xml"
ASCIIDOC = "text/asciidoc"
RST = "text/x-rst"
LATEX = "application/x-latex"
VTT = "text/vtt"
SRT = "application/x-subrip"
PLAIN = "text/plain"
CODE = "text/x-source"
CSV = "text/csv"
TSV = "text/tab-separated-values"
JSON = "application/json"
JSONL = "application/jsonl"
NOTEBOOK = "application/x-ipynb+json"
PASSAGE = "application/vnd.youju.passage+json"
WEB_PAGE = "application/vnd.youju.page+json"

# Kinds whose text is kept to the letter; that of all others is Markdown.
AS_WRITTEN = frozenset({PLAIN, PASSAGE})

# (offset, bytes): only kinds that no text can begin with.
IMAGES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
)
BMP = "image/bmp"
PICTURES = frozenset({BMP, *(mime for _, _, mime in IMAGES)})
UNREADABLE_IMAGES = ((4, b"ftypheic"), (4, b"ftypheix"), (4, b"ftypmif1"), (0, b"8BPS"))
MEDIA = (
    (0, b"OggS"),
    (0, b"fLaC"),
    (0, b"\x1aE\xdf\xa3"),
    (0, b"ID3"),
    (0, b"\xff\xfb"),
    (8, b"AVI "),
    (8, b"WAVE"),
    (4, b"ftyp"),
    (0, b"FLV\x01"),
    (0, b"\x00\x00\x01\xba"),
)
PACKED = (
    (0, b"\x1f\x8b", GZIP),
    (0, b"BZh", BZIP2),
    (0, b"\xfd7zXZ\x00", XZ),
    (257, b"ustar", TAR),
)
UNREADABLE_ARCHIVES = (
    (0, b"7z\xbc\xaf\x27\x1c"),
    (0, b"Rar!\x1a\x07"),
    (0, b"\x28\xb5\x2f\xfd"),
)
PROGRAMS = (
    (0, b"\x7fELF"),
    (0, b"MZ"),
    (0, b"\xcf\xfa\xed\xfe"),
    (0, b"\xca\xfe\xba\xbe"),
    (0, b"\x00asm"),
    (0, b"SQLite format 3\x00"),
)

# What to call text by its name, once its content has been found to be text.
TEXT_SUFFIXES = {
    **dict.fromkeys((".md", ".markdown", ".mdx", ".mkd"), MARKDOWN),
    ".csv": CSV,
    ".tsv": TSV,
    ".json": JSON,
    **dict.fromkeys((".jsonl", ".ndjson"), JSONL),
    ".ipynb": NOTEBOOK,
    **dict.fromkeys((".adoc", ".asciidoc", ".asc"), ASCIIDOC),
    **dict.fromkeys((".rst", ".rest"), RST),
    **dict.fromkeys((".tex", ".latex", ".ltx"), LATEX),
    **dict.fromkeys((".html", ".htm", ".xhtml"), HTML),
    **dict.fromkeys((".xml", ".rss", ".atom"), XML),
    **dict.fromkeys((".eml",), EML),
}
# Suffix of source code → the name of its language, as written after a Markdown fence.
CODE_SUFFIXES = {
    ".py": "python", ".js": "javascript", ".mjs": "javascript", ".ts": "typescript", ".tsx": "tsx",
    ".jsx": "jsx", ".vue": "vue", ".java": "java", ".kt": "kotlin", ".c": "c", ".h": "c", ".cc": "cpp",
    ".cpp": "cpp", ".hpp": "cpp", ".cs": "csharp", ".go": "go", ".rs": "rust", ".rb": "ruby",
    ".php": "php", ".swift": "swift", ".scala": "scala", ".lua": "lua", ".r": "r", ".sql": "sql",
    ".sh": "bash", ".bash": "bash", ".ps1": "powershell", ".css": "css", ".scss": "scss",
    ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".ini": "ini", ".cfg": "ini",
    ".conf": "ini", ".properties": "properties", ".less": "less", ".svelte": "svelte", ".dart": "dart",
    ".m": "objectivec", ".mm": "objectivec", ".pl": "perl", ".pm": "perl", ".hs": "haskell", ".ex": "elixir",
    ".exs": "elixir", ".erl": "erlang", ".clj": "clojure", ".jl": "julia", ".vb": "vbnet", ".bat": "batch",
    ".cmd": "batch", ".groovy": "groovy", ".graphql": "graphql", ".zig": "zig", ".f90": "fortran",
    ".asm": "asm", ".s": "asm", ".diff": "diff", ".patch": "diff", ".cmake": "cmake",
    ".dockerfile": "dockerfile", ".gradle": "groovy", ".proto": "protobuf", ".tf": "hcl",
}  # fmt: skip
CODE_NAMES = {"makefile": "makefile", "dockerfile": "dockerfile", "jenkinsfile": "groovy", "gemfile": "ruby"}


def packed_kind(head: bytes) -> str:
    """The kind of archive, other than ZIP, that begins with ``head`` (262 bytes or more), or ""."""
    return next((kind for at, value, kind in PACKED if head[at : at + len(value)] == value), "")
