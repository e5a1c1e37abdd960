"""What had effect at a counterpart: one JSON line each, written before it is answered.

It outlives a kill of the counterpart, not a power cut: waiting for the disk (5 ms each, measured 2026-11-27) would make
the receiver slower than the sender that is measured against it.
"""

import json
import threading
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

Effect = dict[str, Any]


def _of_event(event: Effect) -> Hashable:
    return (event["source"], event["id"])


class Journal:
    """The effects, one line each; a line cut off by a crash is removed, it was never answered.

    ``key`` tells which effects are one and the same; without another one they are CloudEvents.
    """

    def __init__(self, path: Path, key: Callable[[Effect], Hashable] = _of_event) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
        self.events: list[Effect] = [json.loads(line) for line in whole.splitlines()]
        self._key = key
        self._known = {key(event) for event in self.events}
        self._lock = threading.Lock()
        self._file = path.open("ab")
        self._file.truncate(len(whole) + 1 if whole else 0)

    def accept(self, effect: Effect) -> bool:
        """Write the effect; False when it is known already."""
        key = self._key(effect)
        with self._lock:
            if key in self._known:
                return False
            self._file.write(json.dumps(effect, ensure_ascii=False).encode() + b"\n")
            self._file.flush()
            self._known.add(key)
            self.events.append(effect)
            return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()
