"""How far a source was read: the highest value of its own column, never a moment of our clock."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from kerndata.fetch.errors import PullError

AHEAD = timedelta(days=1)
_NUMBER = re.compile(r"-?\d{1,18}")

Key = tuple[int, float, str]


def key(stamp: str) -> Key:
    """Return what stamps are ordered by: whole numbers as numbers, moments (ISO 8601, UTC without a zone) in time.

    Raises PullError for anything else.
    """
    if _NUMBER.fullmatch(stamp):
        return 0, int(stamp), ""
    return 1, moment(stamp).timestamp(), stamp  # the text itself where it is finer than a microsecond


def moment(stamp: str) -> datetime:
    """Return an ISO 8601 moment, in UTC when it names no zone; raises PullError for anything else."""
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError as error:
        raise PullError(
            f"{stamp[:40]!r} is no watermark: a whole number or an ISO 8601 moment is; edit via.watermark"
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def stamps(rows: Iterable[Any], column: str) -> list[str]:
    """Return every row's stamp as the source wrote it; raises PullError for a row without one."""
    found = [row.get(column) if isinstance(row, dict) else None for row in rows]
    without = sum(not isinstance(stamp, str | int) or isinstance(stamp, bool) or stamp == "" for stamp in found)
    if without:
        raise PullError(
            f"{without} of {len(found)} rows have no {column!r}: their changes would be missed; edit via.watermark"
        )
    return [str(stamp) for stamp in found]


def advance(since: str | None, found: Iterable[str], now: datetime) -> str | None:
    """Return the highest stamp, ``since`` included.

    A moment more than a day ahead does not count: a single typing error would hide all changes until then.
    """
    limit = (now + AHEAD).timestamp()
    known = [(key(stamp), stamp) for stamp in {*found, *([since] if since else [])}]
    if len({found_key[0] for found_key, _ in known}) > 1:
        raise PullError("the watermark column holds numbers and moments; edit via.watermark")
    return max((one for one in known if one[0][0] == 0 or one[0][1] <= limit), default=(None, None))[1]


def is_later(stamp: str, since: str) -> bool:
    """Say whether a stamp lies after the watermark: some servers give what lies on it again."""
    return key(stamp) > key(since)
