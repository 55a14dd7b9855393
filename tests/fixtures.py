"""Small real files of every kind, made on the spot. Each function returns the file's bytes."""

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from hashlib import md5
from typing import Literal
from xml.sax.saxutils import escape

PAGES = (
    ("Harbour Guide", "The tide gauge was repaired in 1987 by the harbour office."),
    ("Lighthouse", "The lighthouse keeper recorded storms in a green notebook."),
    ("Ferries", "Ferries to the northern islands leave every morning at seven."),
)
_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_MAIN = "http://schemas.openxmlformats.org"
_OFFICE_REL = f"{_MAIN}/officeDocument/2006/relationships"


def pdf(pages: Sequence[tuple[str, str]] = PAGES) -> bytes:
    """A PDF with a heading and a wrapped paragraph on each page."""
    return _pdf([_text_page(heading, body) for heading, body in pages])


def chinese_pdf(
    pages: Sequence[Sequence[str]] = (("潮位站说明", "潮位站于一九八七年由港务局修复，", "至今仍在使用。"),),
) -> bytes:
    """A PDF in Chinese: each page is a sequence of printed lines. Nothing is embedded: the standard
    font STSong-Light with the predefined map UniGB-UTF16-H."""
    streams = []
    for lines in pages:
        shown = [f"<{line.encode('utf-16-be').hex()}> Tj T*" for line in lines]
        streams.append("BT /F2 14 Tf 20 TL 72 720 Td " + " ".join(shown) + " ET")
    return _pdf([stream.encode() for stream in streams])


def scanned_pdf(pages: int = 2) -> bytes:
    """A PDF whose pages are grey pictures without text."""
    return _pdf([b"q 400 0 0 600 72 72 cm /Im1 Do Q"] * pages)


def half_scanned_pdf() -> bytes:
    """A PDF with a page of text and a grey picture as its second page."""
    return _pdf([_text_page(*PAGES[0]), b"q 400 0 0 600 72 72 cm /Im1 Do Q"])


def encrypted_pdf(password: str = "secret") -> bytes:
    """A PDF that only opens with ``password`` (the standard handler, RC4, 40 bits)."""
    return _pdf([_text_page(*PAGES[0])], password=password)


def damaged_pdf() -> bytes:
    """A PDF that was cut off in the middle of its first object."""
    return pdf()[:60]


def _text_page(heading: str, body: str) -> bytes:
    lines = [heading, *_wrapped(body, 40)]
    shown = " ".join(f"({_pdf_escape(line)}) Tj T*" for line in lines[1:])
    return f"BT /F1 22 Tf 30 TL 72 720 Td ({_pdf_escape(heading)}) Tj T* /F1 11 Tf 14 TL {shown} ET".encode()


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _pdf_escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _pdf(contents: Sequence[bytes], password: str = "") -> bytes:
    kids = " ".join(f"{7 + 2 * at} 0 R" for at in range(len(contents)))
    picture = bytes(range(64))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        (
            b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H "
            b"/DescendantFonts [5 0 R] >>"
        ),
        (
            b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /CIDSystemInfo "
            b"<< /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor << /Type /FontDescriptor "
            b"/FontName /STSong-Light /Flags 6 /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 "
            b"/StemV 93 /FontBBox [-25 -254 1000 880] >> >>"
        ),
        b"<< /Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8 "
        b"/Length 64 >>\nstream\n" + picture + b"\nendstream",
    ]
    for at, content in enumerate(contents):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {8 + 2 * at} 0 R /Resources "
            "<< /Font << /F1 3 0 R /F2 4 0 R >> /XObject << /Im1 6 0 R >> >> >>".encode()
        )
        key = _pdf_key(password) if password else b""
        data = _rc4(_object_key(key, 8 + 2 * at), content) if key else content
        objects.append(f"<< /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream")
    return _pdf_file(objects, password)


def _pdf_file(objects: Sequence[bytes], password: str) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    for offset in offsets:
        out.write(f"{offset:010d} 00000 n \n".encode())
    trailer = f"/Size {len(objects) + 1} /Root 1 0 R"
    if password:
        owner, user = _owner_entry(password), _rc4(_pdf_key(password), _PAD)
        trailer += f" /ID [<{_PDF_ID.hex()}> <{_PDF_ID.hex()}>] /Encrypt << /Filter /Standard /V 1 /R 2 "
        trailer += f"/O <{owner.hex()}> /U <{user.hex()}> /P -4 >>"
    out.write(f"trailer\n<< {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


_PDF_ID = bytes(range(16))


def _padded(password: str) -> bytes:
    return (password.encode("latin-1") + _PAD)[:32]


def _owner_entry(password: str) -> bytes:
    return _rc4(md5(_padded(password)).digest()[:5], _padded(password))


def _pdf_key(password: str) -> bytes:
    seed = _padded(password) + _owner_entry(password) + struct.pack("<i", -4) + _PDF_ID
    return md5(seed).digest()[:5]


def _object_key(key: bytes, number: int) -> bytes:
    return md5(key + struct.pack("<I", number)[:3] + b"\0\0").digest()[:10]


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def zip_of(files: Mapping[str, bytes | str]) -> bytes:
    """A ZIP archive of names and contents."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_members(archive: bytes, files: Mapping[str, bytes | str]) -> bytes:
    """A ZIP archive with more members."""
    out = io.BytesIO(archive)
    with zipfile.ZipFile(out, "a") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return out.getvalue()


def odt(body: str) -> bytes:
    """An OpenDocument text with this XML within ``office:text``; prefixes: text, table, draw, xlink."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    names = "".join(f' xmlns:{kind}="{space}:{kind}:1.0"' for kind in ("office", "text", "table"))
    names += f' xmlns:draw="{space}:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"'
    content = (
        f"<office:document-content{names}><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>"
    )
    return zip_of({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def tar_of(files: Mapping[str, bytes], mode: Literal["w", "w:gz", "w:bz2", "w:xz"] = "w") -> bytes:
    """A tar archive of names and contents, packed as ``mode`` says."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zip_bomb(size: int = 64 * 1024 * 1024) -> bytes:
    """A small ZIP archive with one member of ``size`` zero bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros.txt", "w") as member:
        for _ in range(size // 65536):
            member.write(b"\0" * 65536)
    return out.getvalue()


def _ooxml(kind: str, main: str, parts: Mapping[str, str], title: str = "") -> bytes:
    """``kind`` is the content type's middle part, ``main`` the main part's path."""
    types = "".join(
        f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-officedocument.'
        f'{_part_kind(kind, name, main)}+xml"/>'
        for name in parts
        if not name.endswith(".rels")
    )
    core = (
        f'<cp:coreProperties xmlns:cp="{_MAIN}/package/2006/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title></cp:coreProperties>'
    )
    rels = (
        f'<Relationships xmlns="{_MAIN}/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE_REL}/officeDocument" Target="{main}"/>'
        f'<Relationship Id="r2" Type="{_MAIN}/package/2006/relationships/metadata/core-properties" '
        'Target="docProps/core.xml"/></Relationships>'
    )
    content_types = (
        f'<Types xmlns="{_MAIN}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>'
    )
    files = {"[Content_Types].xml": content_types, "_rels/.rels": rels, "docProps/core.xml": core, **parts}
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return zip_of({name: head + content for name, content in files.items()})


def _part_kind(kind: str, name: str, main: str) -> str:
    if name == main:
        return {"word": "wordprocessingml.document.main", "ppt": "presentationml.presentation.main"}.get(
            kind, "spreadsheetml.sheet.main"
        )
    part = name.rsplit("/", 1)[-1].rstrip("0123456789.xml") or "part"
    family = {"word": "wordprocessingml", "ppt": "presentationml"}.get(kind, "spreadsheetml")
    return f"{family}.{'worksheet' if part == 'sheet' else part}"


def _rels(targets: Sequence[tuple[str, str]]) -> str:
    body = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE_REL}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_MAIN}/package/2006/relationships">{body}</Relationships>'


def docx(
    blocks: Sequence[tuple[str, str]] = (
        ("Heading1", "Harbour handbook"),
        ("", "The harbour office opens at eight."),
        ("Heading2", "Moorings"),
        ("", "Moorings are let by the month; the fee is forty crowns."),
        ("Heading2", "值班制度"),
        ("", "夜间值班由两名船员负责，每四小时轮换一次。"),
    ),
    title: str = "Harbour handbook",
) -> bytes:
    """A Word file of (style, text); words are broken into several runs, as Word does after checking."""
    space = f'xmlns:w="{_MAIN}/wordprocessingml/2006/main"'
    paragraphs = "".join(_docx_paragraph(style, text) for style, text in blocks)
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/>'
        f'<w:pPr><w:outlineLvl w:val="{level - 1}"/></w:pPr></w:style>'
        for level in (1, 2, 3)
    )
    parts = {
        "word/document.xml": f"<w:document {space}><w:body>{paragraphs}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {space}>{styles}</w:styles>",
        "word/_rels/document.xml.rels": _rels([("styles", "styles.xml")]),
    }
    return _ooxml("word", "word/document.xml", parts, title)


def _docx_paragraph(style: str, text: str) -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    cut = len(text) // 2
    runs = "".join(
        f'<w:r><w:t xml:space="preserve">{escape(part)}</w:t></w:r>' for part in (text[:cut], text[cut:])
    )
    return f"<w:p>{properties}{runs}</w:p>"


def pptx(
    slides: Sequence[tuple[str, Sequence[str]]] = (
        ("Tide gauge", ("Built in 1931", "Repaired in 1987")),
        ("海图", ("海图每年更新一次", "由测绘处发布")),
    ),
    notes: str = "Remember to mention the flood.",
) -> bytes:
    """A presentation of (title, points); the last slide has speaker's notes."""
    space = (
        f'xmlns:a="{_MAIN}/drawingml/2006/main" xmlns:p="{_MAIN}/presentationml/2006/main" '
        f'xmlns:r="{_OFFICE_REL}"'
    )
    ids = "".join(f'<p:sldId id="{255 + at}" r:id="rId{at}"/>' for at in range(1, len(slides) + 1))
    # The second slide is stored as slide9: order is what presentation.xml says, not the names.
    names = [f"slide{at if at != 2 else 9}.xml" for at in range(1, len(slides) + 1)]
    parts = {
        "ppt/presentation.xml": f"<p:presentation {space}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": _rels([("slide", f"slides/{name}") for name in names]),
        f"ppt/slides/_rels/{names[-1]}.rels": _rels([("notesSlide", "../notesSlides/notesSlide1.xml")]),
        "ppt/notesSlides/notesSlide1.xml": f"<p:notes {space}><p:cSld><p:spTree>"
        f"{_shape('body', [notes])}</p:spTree></p:cSld></p:notes>",
    }
    for name, (title, points) in zip(names, slides, strict=True):
        shapes = _shape("title", [title]) + _shape("body", points)
        parts[f"ppt/slides/{name}"] = f"<p:sld {space}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"
    return _ooxml("ppt", "ppt/presentation.xml", parts)


def _shape(kind: str, lines: Sequence[str]) -> str:
    paragraphs = "".join(
        f"<a:p><a:r><a:t>{escape(line[:3])}</a:t></a:r><a:r><a:t>{escape(line[3:])}</a:t></a:r></a:p>"
        for line in lines
    )
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="{kind}"/><p:cNvSpPr/><p:nvPr><p:ph type="{kind}"/></p:nvPr>'
        f"</p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>{paragraphs}</p:txBody></p:sp>"
    )


def xlsx(
    sheets: Mapping[str, Sequence[Sequence[str | int | float]]] | None = None,
) -> bytes:
    """A workbook of named sheets, each rows of cells."""
    given = sheets or {
        "Fees": (("Boat", "Crowns"), ("Dinghy", 40), ("Trawler", 375.5)),
        "船员名单": (("姓名", "职务"), ("王海", "船长")),
    }
    space = f'xmlns="{_MAIN}/spreadsheetml/2006/main" xmlns:r="{_OFFICE_REL}"'
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{at}" r:id="rId{at}"/>' for at, name in enumerate(given, 1)
    )
    parts = {
        "xl/workbook.xml": f"<workbook {space}><sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _rels(
            [("worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(given) + 1)]
        ),
    }
    for at, rows in enumerate(given.values(), 1):
        body = "".join(
            f'<row r="{row}">{"".join(_cell(row, column, value) for column, value in enumerate(cells))}</row>'
            for row, cells in enumerate(rows, 1)
        )
        parts[f"xl/worksheets/sheet{at}.xml"] = (
            f"<worksheet {space}><sheetData>{body}</sheetData></worksheet>"
        )
    return _ooxml("xl", "xl/workbook.xml", parts)


def _cell(row: int, column: int, value: str | int | float) -> str:
    place = f"{chr(65 + column)}{row}"
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


HTML = """<!doctype html><html lang="en"><head><title>Harbour news</title></head><body>
<nav><a href="/">Home</a> <a href="/about">About us and nothing else</a></nav>
<main><article><h1>Harbour news</h1><p>The new pier was opened on Monday by the mayor. It is two hundred
metres long and took four years to build, at a cost of nine million crowns, as the harbour office said.</p>
<h2>Timetable</h2><p>Boats leave from the new pier from June. See the <a href="https://example.org/t">timetable</a>
for details, which the harbour office keeps up to date throughout the summer season.</p>
<table><tr><th>Boat</th><th>Time</th></tr><tr><td>Aurora</td><td>07:10</td></tr></table>
</article></main><footer>Imprint and cookies</footer><script>alert("x")</script></body></html>"""

MARKDOWN = """# Harbour rules {#rules}

Speed in the harbour is limited to **five knots**.

## Anchoring

Anchoring is forbidden [near the cable](https://example.org/cable).

```python
# not a heading
```
"""

EML = b"""From: Anna Berg <anna@example.org>\r
To: Harbour <office@example.org>\r
Subject: =?utf-8?b?5rOK5L2N55Sz6K+3?=\r
Date: Mon, 03 Mar 2025 09:12:00 +0000\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: 8bit\r
\r
Dear harbour office,\r
please reserve a mooring for the Aurora in July.\r
"""

CSV = "Boat;Captain;Crew\nAurora;Berg, Anna;4\nMistral;Sund;12\n"

CHINESE = "潮位站于一九八七年由港务局修复。这个站点的数据每天都会发布，用户可以在网上查看。\n"
TRADITIONAL = "潮位站於一九八七年由港務局修復。這個站點的資料每天都會發佈，使用者可以在網上查看。\n"


def png() -> bytes:
    """A grey picture, 1 × 1."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0\x80"))
        + chunk(b"IEND", b"")
    )
