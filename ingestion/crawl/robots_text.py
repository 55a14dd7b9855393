"""The text of a robots.txt of any encoding and size, such as a parser of rules can read."""

import re

LONGEST = 500 * 1024
_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PAGE = re.compile(rb"\s*<(?:!doctype|html|head|\?xml|!--)", re.IGNORECASE)
_LINE = re.compile(rb"[^\r\n]*[\r\n]*")
_HIGH = re.compile(rb"[\x80-\xff]")
# "User-agent: YoujuBot/1.0 (note)" names YoujuBot: the product, whatever its version.
_VERSION = re.compile(r"^(\s*user[- ]?agent\s*:\s*[^\s/#]+)/[^\r\n]*", re.IGNORECASE | re.MULTILINE)


def decode(data: bytes) -> str:
    """The first 500 KiB, to the end of a line. Lines that are no UTF-8 keep their bytes, as escapes, which is
    how addresses name them. A web page in the place of the file says nothing."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _shaped(
                data[2 : LONGEST * 2].decode(encoding, "replace")[:LONGEST], len(data) > LONGEST * 2
            )
    data = data.removeprefix(b"\xef\xbb\xbf")
    if _PAGE.match(data[:1024]):
        return ""
    text = "".join(_line(line) for line in _LINE.findall(data[:LONGEST]))
    return _shaped(text, len(data) > LONGEST)


def _shaped(text: str, is_cut: bool) -> str:
    if is_cut:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    return _VERSION.sub(r"\1", text)


def _line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return _HIGH.sub(lambda high: b"%%%02X" % high.group()[0], line).decode("ascii")
