"""What people read when a file yields no text: constant English sentences, the keys of translation.

``gettext_noop`` marks them for the catalogue; whoever shows one passes it through ``gettext``.
"""


def gettext_noop(message: str) -> str:
    """Marks a sentence for ``makemessages`` without importing Django into the extraction process."""
    return message


EMPTY = gettext_noop("The file is empty. Check that it was copied or exported completely.")
UNSUPPORTED = gettext_noop(
    "This kind of file cannot be read. Supported are PDF, Word, PowerPoint, Excel, OpenDocument, "
    "HTML, Markdown, plain text, CSV, JSON, e-mail, EPUB, RTF, pictures, subtitles, and ZIP and tar archives."
)
PROGRAM = gettext_noop(
    "This is a program or other binary data, not a document. Supported are PDF, Word, PowerPoint, "
    "Excel, OpenDocument, HTML, Markdown, plain text, CSV, JSON, e-mail, EPUB and RTF."
)
IWORK = gettext_noop(
    "Files of Pages, Numbers and Keynote cannot be read. Export it there as PDF, Word, Excel or PowerPoint."
)
MEDIA = gettext_noop(
    "Sound and video cannot be read. Upload a transcript instead, for example as text or Markdown."
)
ARCHIVE_KIND = gettext_noop(
    "Only ZIP and tar archives can be unpacked. Unpack this one and upload its files."
)
NESTED_ARCHIVE = gettext_noop(
    "This is an archive within an archive, and only one level is unpacked. Unpack it and upload its files."
)
PICTURE = gettext_noop(
    "This is a picture, and text recognition is not switched on. Upload a version that holds text."
)
PICTURE_WITHOUT_TEXT = gettext_noop("No words were recognised on this picture.")
PICTURE_KIND = gettext_noop("This kind of picture cannot be read. Save it as PNG or JPEG and upload that.")
PICTURE_TOO_LARGE = gettext_noop(
    "The picture has too many dots or pages to be read. Save it smaller, or cut it into parts."
)
OCR_MISSING = gettext_noop(
    "These pages are pictures, and text recognition is not installed on this site. Upload a version "
    "that holds text, or ask the administrator to run “make install”."
)
SCAN_WITHOUT_TEXT = gettext_noop(
    "The pages are pictures, and no words were recognised on them. Scan them again, larger and straight."
)
NO_TEXT = gettext_noop("No text was found in this file.")
SCAN = gettext_noop(
    "This looks like a scan: its pages are pictures without text, and text recognition is not "
    "switched on. Upload a version that holds text."
)
ENCRYPTED_MEMBER = gettext_noop(
    "This file of the archive is protected by a password. Unpack it and upload it by itself."
)
DAMAGED_MEMBER = gettext_noop(
    "This file of the archive is damaged and cannot be unpacked. Pack it again, or upload it by itself."
)
ENCRYPTED = gettext_noop(
    "The file is protected by a password. Save a copy without the password and upload that."
)
DAMAGED = gettext_noop(
    "The file is damaged or incomplete and cannot be opened. Open it in its own program, save it "
    "again and upload the new copy."
)
TOO_MUCH_TEXT = gettext_noop(
    "The file holds more text than one document may have. Split it into several files."
)
BOMB = gettext_noop(
    "The archive unpacks to far more data than is allowed. Upload the files you need one by one."
)
TOO_MANY_MEMBERS = gettext_noop(
    "The archive holds more files than are allowed at once. Split it into smaller archives."
)
TIMEOUT = gettext_noop(
    "Reading the file took too long and was stopped. Split it into smaller files and try again."
)
MEMORY = gettext_noop(
    "Reading the file needed more memory than is allowed. Split it into smaller files and try again."
)
CRASHED = gettext_noop(
    "The program that reads files stopped unexpectedly on this one. Try again; if it happens again, "
    "save the file in another format."
)
UNREADABLE = gettext_noop("The stored file could not be opened. Upload it again.")
MISSING = gettext_noop("The stored file is gone. Upload it again.")
KEEPS_CRASHING = gettext_noop(
    "Reading this file stopped the program several times, so it was set aside. Open it in its own program, "
    "save a simpler copy, and upload that."
)
SELECTOR = gettext_noop(
    "The CSS selector cannot be read. Write one like those of style sheets, such as article or #content p."
)
