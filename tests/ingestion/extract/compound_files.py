"""Legacy Office files: a minimal writer of compound files, and Word and PowerPoint streams for it."""

import struct
from collections.abc import Mapping, Sequence

_SECTOR, _FREE, _END, _FAT = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SMALLEST = 4096  # below this a stream would lie in sectors of another size


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file; names are "stream" or "storage/stream". Short streams are filled up with NULs."""
    tree: dict[str, dict[str, bytes] | bytes] = {}
    for name, content in streams.items():
        storage, _, inner = name.rpartition("/")
        if storage:
            folder = tree.setdefault(storage, {})
            assert isinstance(folder, dict)
            folder[inner] = content
        else:
            tree[name] = content
    sectors: list[bytes] = []
    chains: list[int] = []
    entries: list[bytes] = [b""]

    def place(content: bytes) -> tuple[int, int]:
        content = content.ljust(_SMALLEST, b"\0")
        count = -(-len(content) // _SECTOR)
        first = len(sectors)
        for at in range(count):
            sectors.append(content[at * _SECTOR : (at + 1) * _SECTOR].ljust(_SECTOR, b"\0"))
            chains.append(first + at + 1 if at + 1 < count else _END)
        return first, len(content)

    def add(children: Mapping[str, object]) -> int:
        """Siblings as a chain to the right, in the order of the format; the number of the first."""
        names = sorted(children, key=lambda name: (len(name), name.upper()))
        numbers: list[int] = []
        made: list[tuple[str, int, int, int, int]] = []
        for name in names:
            numbers.append(len(entries))
            entries.append(b"")
            child = children[name]
            inner = add(child) if isinstance(child, dict) else _FREE
            start, size = place(child) if isinstance(child, bytes) else (0, 0)
            made.append((name, 2 if isinstance(child, bytes) else 1, inner, start, size))
        for at, (name, kind, inner, start, size) in enumerate(made):
            right = numbers[at + 1] if at + 1 < len(numbers) else _FREE
            entries[numbers[at]] = _entry(name, kind, right, inner, start, size)
        return numbers[0]

    entries[0] = _entry("Root Entry", 5, _FREE, add(tree), _END, 0)
    directory = len(sectors)
    place(b"".join(entries))
    fat_at = len(sectors)
    table = struct.pack(f"<{len(chains) + 1}I", *chains, _FAT).ljust(_SECTOR, b"\xff")
    assert len(table) == _SECTOR, "one sector of chains is enough for tests"
    head = struct.pack("<8s16s5H6x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, 1, directory, 0, _SMALLEST, _END, 0, _END, 0)
    head += struct.pack("<109I", fat_at, *[_FREE] * 108)
    return head + b"".join(sectors) + table


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le")
    head = raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw) + 2, kind, 1, _FREE, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)


def word(paragraphs: Sequence[tuple[str, str, int, bool]]) -> bytes:
    """(text, mark, style, ends a row) of each paragraph; styles 1 to 9 are headings."""
    text = "".join(words + mark for words, mark, _, _ in paragraphs)
    at = 2048
    main = bytearray(at) + text.encode("utf-16-le")
    main += bytes(-len(main) % _SECTOR)
    page_number = len(main) // _SECTOR
    main += _paragraph_page(paragraphs, at)
    pieces = struct.pack("<II", 0, len(text)) + struct.pack("<HIH", 0, at, 0)
    clx = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    runs = struct.pack("<III", at, at + 2 * len(text), page_number)
    struct.pack_into("<HH", main, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", main, 0x0A, 0x0200)
    struct.pack_into("<I", main, 0x4C, len(text))
    struct.pack_into("<II", main, 0x0102, len(clx), len(runs))
    struct.pack_into("<II", main, 0x01A2, 0, len(clx))
    return compound({"WordDocument": bytes(main), "1Table": clx + runs})


def _paragraph_page(paragraphs: Sequence[tuple[str, str, int, bool]], at: int) -> bytes:
    page = bytearray(_SECTOR)
    offsets, free = [at], _SECTOR - 2
    for number, (words, mark, style, ends_row) in enumerate(paragraphs):
        offsets.append(offsets[-1] + 2 * len(words + mark))
        properties = struct.pack("<H", style) + (b"\x17\x24\x01\x00" if ends_row else b"\x00\x00")
        held = bytes([len(properties) // 2 + 1]) + properties + b"\0"
        free -= len(held)
        page[free : free + len(held)] = held
        page[4 * (len(paragraphs) + 1) + 13 * number] = free // 2
    struct.pack_into(f"<{len(offsets)}I", page, 0, *offsets)
    page[_SECTOR - 1] = len(paragraphs)
    return bytes(page)


def powerpoint(slides: Sequence[tuple[str, str, str]]) -> bytes:
    """(title, text box, notes) of each slide. They are stored in the reverse order of the show."""
    stream = bytearray()
    places: dict[int, int] = {}

    def store(number: int, record: bytes) -> None:
        places[number] = len(stream)
        stream.extend(record)

    for at, (_title, box, notes) in reversed(list(enumerate(slides))):
        drawing = _record(0xF00D, _typed(4, box), container=True)
        store(10 + at, _record(0x03EE, _record(0x03EF, bytes(24)) + drawing, container=True))
        atom = _record(0x03F1, struct.pack("<II", 256 + at, 0))
        spoken = _record(0xF00D, _typed(2, notes), container=True)
        store(50 + at, _record(0x03F0, atom + spoken, container=True))
    shown = b"".join(
        _persist(10 + at, 256 + at) + _typed(0, title) for at, (title, _, _) in enumerate(slides)
    )
    noted = b"".join(_persist(50 + at, 900 + at) for at in range(len(slides)))
    lists = _record(0x0FF0, shown, container=True) + _record(0x0FF0, noted, container=True, instance=2)
    store(1, _record(0x03E8, lists, container=True))
    directory = len(stream)
    held = b"".join(struct.pack("<II", number | 1 << 20, place) for number, place in sorted(places.items()))
    stream += _record(0x1772, held)
    edit = len(stream)
    stream += _record(0x0FF5, struct.pack("<IIIIIII", 0, 0, 0, directory, 1, 100, 0))
    current = _record(0x0FF6, struct.pack("<III", 20, 0xE391C05F, edit) + bytes(12))
    return compound({"PowerPoint Document": bytes(stream), "Current User": current})


def _persist(number: int, identity: int) -> bytes:
    return _record(0x03F3, struct.pack("<IIIII", number, 0, 1, identity, 0))


def _typed(kind: int, text: str) -> bytes:
    return _record(0x0F9F, struct.pack("<I", kind)) + _record(0x0FA0, text.encode("utf-16-le"))


def _record(kind: int, content: bytes, *, container: bool = False, instance: int = 0) -> bytes:
    return struct.pack("<HHI", instance << 4 | (0xF if container else 0), kind, len(content)) + content
