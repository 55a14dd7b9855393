"""From the pieces that a local model writes to the deltas of its answer."""

from collections.abc import Iterable, Iterator

from llm.continuation import StopCutter
from llm.local_runtime import Job
from llm.thinking import Part, ThinkSplitter
from llm.types import Delta, Usage


def deltas(
    pieces: Iterable[str], job: Job, stop: Iterable[str], *, is_chat: bool, opened: str = ""
) -> Iterator[Delta]:
    """Ends at the first of ``stop``. Gives an empty delta for each piece without text, so that the
    reader can leave then.

    A chat model's thoughts are reasoning; ``opened`` is what its template began the answer with.
    """
    cutter = StopCutter(stop)
    for kind, text in _parts(pieces, is_chat, opened):
        yield Delta(text=cutter.feed(text)) if kind == "text" else Delta(reasoning=text)
        if cutter.stopped:
            break
    if rest := cutter.close():
        yield Delta(text=rest)
    finish = "stop" if cutter.stopped else job.finish_reason
    yield Delta(usage=Usage(job.prompt_tokens, job.generated), finish_reason=finish)


def _parts(pieces: Iterable[str], is_chat: bool, opened: str) -> Iterator[Part]:
    if not is_chat:
        yield from (("text", piece) for piece in pieces)
        return
    splitter = ThinkSplitter()
    splitter.feed(opened)
    for piece in pieces:
        yield from splitter.feed(piece) or [("text", "")]
    yield from splitter.close()
