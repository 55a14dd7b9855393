"""A run followed while a thread of this process works on it.

A run belongs to the request that began it: when its reader goes, by the stop button or by a closed page, the
model's work is ended, and nothing is paid for that nobody reads.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from django.conf import settings
from django.utils.translation import gettext as _

from chat.connections import release_connections
from chat.events import Event, Failure
from chat.prompt_library.running import Ended, Order, Result, SoFar, run

logger = logging.getLogger(__name__)

SILENCE_S = 5.0
_places = threading.BoundedSemaphore(settings.CHAT_THREADS)
Followed = Event | SoFar | Ended


async def followed(order: Order) -> AsyncIterator[Followed | None]:
    """``Ended`` comes last; ``None`` when nothing happens for a while."""
    if not _places.acquire(blocking=False):
        yield Ended(_busy(order))
        return
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[Followed]()
    left = threading.Event()

    def tell(event: Followed) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody reads any more
            loop.call_soon_threadsafe(queue.put_nowait, event)

    threading.Thread(target=_work, args=(order, left, tell), name="prompt", daemon=True).start()
    try:
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), SILENCE_S)
            except TimeoutError:
                yield None
                continue
            yield event
            if isinstance(event, Ended):
                return
    finally:
        left.set()


def _work(order: Order, left: threading.Event, tell: Callable[[Followed], None]) -> None:
    events = run(order)
    try:
        for event in events:
            if left.is_set():
                break
            tell(event)
    except Exception:
        logger.exception("a run of a prompt broke")
    finally:
        events.close()
        release_connections()
        _places.release()


def _busy(order: Order) -> Result:
    said = _("Too many answers are being written now: try again in a minute.")
    return Result(order.endpoint, order.endpoint, "", error=Failure("too_busy", said, False))
