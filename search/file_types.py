"""Types of documents as people name them, in English and Chinese."""

# What a search may ask for, with the names it goes by.
TYPES: dict[str, tuple[str, ...]] = {
    "pdf": ("pdf",),
    "word": ("word", "doc", "docx", "odt", "rtf", "文档", "文字"),
    "sheet": (
        *("sheet", "excel", "xls", "xlsx", "xlsb", "ods", "csv", "tsv", "spreadsheet", "table"),
        *("表格", "电子表格"),
    ),
    "slides": (
        *("slides", "powerpoint", "ppt", "pptx", "odp", "presentation"),
        *("幻灯片", "演示", "演示文稿", "课件"),
    ),
    "web": ("web", "page", "html", "htm", "webpage", "网页", "網頁"),
    "markdown": ("markdown", "md"),
    "text": ("text", "txt", "plain", "文本", "纯文本"),
    "mail": ("mail", "email", "eml", "msg", "邮件", "郵件", "电子邮件"),
    "image": ("image", "picture", "photo", "png", "jpg", "jpeg", "tiff", "图片", "圖片", "照片", "图像"),
    "code": ("code", "source", "notebook", "ipynb", "代码", "程式", "源代码"),
    "data": ("data", "json", "jsonl", "xml", "yaml", "数据"),
    "book": ("book", "epub", "ebook", "电子书"),
    "subtitles": ("subtitles", "srt", "vtt", "字幕"),
}  # fmt: skip
_BY_NAME = {name: key for key, names in TYPES.items() for name in names}


def type_named(name: str) -> str:
    """The key in ``TYPES``, or "" where nothing goes by that name."""
    return _BY_NAME.get(name.strip().lower().lstrip("."), "")
