"""The access log of whatever serves the public bucket: files of a pattern, newest last, compressed or not."""

import glob
import gzip
from collections.abc import Iterator
from pathlib import Path

from kerndata.errors import ConfigurationError


def read_lines(pattern: str) -> Iterator[str]:
    """Give every line of every file that fits ``pattern`` (``/var/log/nginx/kerndata-access.log*``; .gz is opened).

    Raises ConfigurationError when no file fits or one cannot be read: no log does not mean no readers.
    """
    paths = sorted(glob.glob(pattern))
    if not paths:
        raise ConfigurationError(f"no access log fits {pattern!r}: no visits are counted and none are reported")
    for path in paths:
        try:
            yield from _lines(Path(path))
        except (OSError, EOFError) as error:
            raise ConfigurationError(f"the access log {path} cannot be read: {error}; nothing is reported") from error


def _lines(path: Path) -> Iterator[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", errors="replace") as stream:
        yield from stream
