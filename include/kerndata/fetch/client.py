"""One answer from a province's API: to a file, whole or not at all, within the limits.

Redirects are followed three times at most, each checked like the first address: to the API itself, or over https to a
public address, which never sees our credentials. What heals is tried again a few times at once; after that it raises
``Transient`` and the next run tries.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from urllib3.exceptions import HTTPError, ReadTimeoutError

from kerndata.errors import Transient
from kerndata.fetch.access import Access, Limits, origin
from kerndata.fetch.addresses import AddressRefusedError, GuardedAdapter
from kerndata.fetch.deadline import hanging_up_after
from kerndata.fetch.decode import body
from kerndata.fetch.errors import AgainError, PullError, where
from kerndata.fetch.status import check_data, check_status

CONDITIONS = frozenset({"If-None-Match", "If-Modified-Since"})
REDIRECTS = 3
START_BYTES = 512  # enough to know a page of HTML by


@dataclass(frozen=True, slots=True)
class Head:
    """What an answer says of itself. ``is_new`` is False for 304; ``media_type`` is without parameters."""

    is_new: bool
    media_type: str
    etag: str | None
    last_modified: str | None


class Client:
    """Asks one API, for one delivery: ``limits.total_seconds`` begin with the first use. Close it after use."""

    def __init__(
        self,
        access: Access,
        limits: Limits,
        seconds: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        access.check()
        self.access, self.limits = access, limits
        self._seconds, self._sleep = seconds, sleep
        self._deadline = seconds() + limits.total_seconds
        self._own, self._public = GuardedAdapter(access.allow_private), GuardedAdapter(allow_private=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._own.close()
        self._public.close()

    def get(self, url: str, target: Path, headers: Mapping[str, str], max_bytes: int) -> Head:
        """Store what ``url`` answers in ``target``; after an error, and for 304, ``target`` is not to be used.

        Raises ``Transient`` for what heals (network, time-out, 408, 425, 429, 5xx, an HTML page instead of data) and
        ``PullError`` for what does not (refused address, other statuses, too many bytes).
        """
        retrying = Retrying(
            stop=stop_after_attempt(self.limits.tries),
            wait=self._wait,
            retry=retry_if_exception(self._may_try_again),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._once, url, target, headers, max_bytes)

    def _once(self, url: str, target: Path, headers: Mapping[str, str], max_bytes: int) -> Head:
        said = where(url)
        remaining = self._deadline - self._seconds()
        if remaining <= 0:
            raise Transient(f"{said}: not done within {self.limits.total_seconds:g} s; nothing was stored")
        seconds, conditional = min(self.limits.answer_seconds, remaining), not CONDITIONS.isdisjoint(headers)
        with (
            _named(said),
            self._open(url, headers) as answer,
            hanging_up_after(seconds, answer.raw.shutdown),
        ):
            check_status(answer, said, conditional=conditional)
            return self._store(answer, said, target, max_bytes)

    def _store(self, answer: requests.Response, said: str, target: Path, max_bytes: int) -> Head:
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        head = Head(
            answer.status_code != HTTPStatus.NOT_MODIFIED,
            media_type,
            answer.headers.get("ETag"),
            answer.headers.get("Last-Modified"),
        )
        start = b""
        with target.open("wb") as file:
            for piece in body(answer, said, max_bytes):
                start += piece[: START_BYTES - len(start)]
                file.write(piece)
        check_data(start, media_type, said)
        return head

    def _open(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        for _ in range(REDIRECTS + 1):
            answer = self._send(url, headers)
            if not answer.is_redirect:
                return answer
            answer.close()
            url = self._hop(url, urljoin(url, answer.headers["Location"]))
        raise PullError(f"{where(url)}: more than {REDIRECTS} redirects; edit connection or path")

    def _hop(self, here: str, there: str) -> str:
        """Return where a redirect leads, when we may go there; the address itself is checked when connecting."""
        if not self.access.is_own(there) and origin(there)[0] != "https":
            raise PullError(f"{where(here)}: redirects to {where(there)}, without TLS; edit the Airflow connection")
        return there

    def _send(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        is_own, settings = self.access.is_own(url), self.access.http
        agent = {"User-Agent": str(settings.headers.get("User-Agent", "kerndata")), "Accept-Encoding": "gzip, deflate"}
        credentials = self.access.credentials() if is_own else {}
        # Not Session.send: it reads the body of a redirect without limit even when it does not follow it.
        sent: Any = (self._own if is_own else self._public).send(
            requests.Request("GET", url, headers={**agent, **headers, **credentials}).prepare(),
            stream=True,
            timeout=(self.limits.connect_seconds, min(self.limits.read_seconds, self.limits.answer_seconds)),
            verify=True if settings.verify is None else settings.verify,
            cert=settings.cert,
            proxies={},
        )
        return sent  # type: ignore[no-any-return]

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.seconds if isinstance(error, AgainError) else None
        return self.limits.wait_seconds * 2.0 ** (state.attempt_number - 1) if asked is None else asked

    def _may_try_again(self, error: BaseException) -> bool:
        if not isinstance(error, AgainError):
            return False
        asked = error.seconds or 0
        return asked <= self.limits.longest_wait_seconds and self._seconds() + asked < self._deadline


@contextmanager
def _named(said: str) -> Iterator[None]:
    """Turn what the network does into an error that says where and what stands."""
    try:
        yield
    except AddressRefusedError as error:
        raise PullError(f"{said}: {error}") from error
    except (TimeoutError, requests.ReadTimeout, ReadTimeoutError) as error:  # too slow: at once again would be as slow
        raise Transient(f"{said}: the answer came too slowly; nothing was stored, trying again is safe") from error
    except (requests.exceptions.InvalidURL, UnicodeError) as error:
        raise PullError(f"{said}: not an address; edit the Airflow connection or the path in the source") from error
    except (requests.RequestException, HTTPError, OSError) as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise PullError(f"{said}: its TLS certificate is not valid; the province has to renew it") from error
        raise AgainError(
            f"{said}: no answer ({type(error).__name__}); nothing was stored, trying again is safe"
        ) from error
