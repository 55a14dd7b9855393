"""When somebody was here: a visit ends where nothing was heard of them for half an hour."""

from datetime import datetime, timedelta

from ingestion.models import Reader

_PAUSE = timedelta(minutes=30)
_EXACT = timedelta(minutes=3)


def seen(user_id: int, now: datetime) -> Reader:
    """Notes that the person is here, seldom more than every few minutes. Only for those who have it on."""
    reader, _made = Reader.objects.get_or_create(user_id=user_id)
    here = reader.here_at
    if here is None or now - here >= _EXACT:
        if here is not None and now - here >= _PAUSE:
            reader.before = here
        reader.here_at = now
        reader.save(update_fields=["here_at", "before"])
    return reader
