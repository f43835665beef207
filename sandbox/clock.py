"""Days and moments of the sandbox: integers, seconds since 1970 in UTC, and their API spelling.

Arrays of events hold plain int64 seconds, which sort, subtract and divide by 86,400 without a
thought; `datetime` objects appear only where a text is read or written.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

DAY = 86_400
HOUR = 3_600
NOON = 12 * HOUR
FOREVER = 2**40
_MONDAY = 4  # 1970-01-05, counted in days


def midnight(day: date) -> int:
    """First second of a UTC day."""
    return (day - date(1970, 1, 1)).days * DAY


def day_text(day_number: int) -> str:
    """YYYY-MM-DD of a day counted from 1970-01-01."""
    return (date(1970, 1, 1) + timedelta(days=int(day_number))).isoformat()


def weekday(day_number: int) -> int:
    """0 is Monday."""
    return (int(day_number) - _MONDAY) % 7


def iso(at: float) -> str:
    """The API's spelling of a moment: ISO 8601, UTC, milliseconds."""
    milliseconds = round(at * 1000)
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(
        microsecond=milliseconds % 1000 * 1000, tzinfo=None
    )
    return moment.isoformat(timespec="milliseconds") + "Z"


def http_date(at: float) -> str:
    """The `Date` header's spelling of a moment."""
    return format_datetime(datetime.fromtimestamp(int(at), UTC), usegmt=True)


def parse(text: str) -> int:
    """Unix seconds of an ISO 8601 day or time; a bare day is its midnight (quirk C12)."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
