"""A text that is still being written, cut into its sentences as soon as they are complete."""

from dataclasses import dataclass

import regex

from search.sentences import sentences

# Citation marks behind a sentence belong to it, and may still be written.
_MARKS = regex.compile(r"(?:[ \t]*\[\d{1,3}\])*")
_MARKS_TO_COME = regex.compile(r"\s*(?:\[\d{1,3}\]\s*)*(?:\[\d{0,3})?\Z")
_CITED = regex.compile(r"\s*\[\d{0,3}\]?")
_LEADS = regex.compile(r"^\s*(?:[-*+>#]+\s+|\d+[.)、]\s*)+")
_NO_LETTERS = regex.compile(r"[^\p{L}\p{N}]+")


@dataclass(slots=True)
class Sentences:
    """``open`` is the sentence that is not complete yet. The white space before a sentence and the citation
    marks behind it are parts of it: put together, the sentences are the text."""

    open: str = ""

    def feed(self, text: str) -> list[str]:
        """The sentences that ``text`` completes."""
        self.open += text
        ends = [end for _start, end in sentences(self.open)][:-1]
        complete: list[str] = []
        begin = 0
        for end in ends:
            end = _MARKS.match(self.open, end).end()
            if _MARKS_TO_COME.match(self.open, end):
                break
            if end > begin:
                complete.append(self.open[begin:end])
                begin = end
        self.open = self.open[begin:]
        return complete

    def rest(self) -> str:
        rest, self.open = self.open, ""
        return rest


def bare(sentence: str) -> str:
    """What two sentences must have in common to be the same: letters and digits, without case, bullets and
    citation marks."""
    plain: str = _NO_LETTERS.sub("", _LEADS.sub("", _CITED.sub("", sentence)))
    return plain.casefold()
