"""What stands around every route: security headers on each answer, a page for each fault, and no forged forms."""

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from fastapi import HTTPException, Request, status
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
# Of a document that was made elsewhere and is only shown: it brings its own style, runs nothing and loads nothing.
SHOWN_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class Guard:
    """ASGI middleware: the headers on every answer, also on refusals, and our own page where something broke."""

    def __init__(self, app: ASGIApp, broken: Callable[[Request], Awaitable[Response]]) -> None:
        self._app, self._broken = app, broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, with_headers)
        except Exception:
            log.exception("the monitoring page broke at %s", scope["path"])
            if has_begun:
                raise
            answer = await self._broken(Request(scope, receive))
            await answer(scope, receive, with_headers)


def form_token(secret: bytes, user: str, now: datetime) -> str:
    """Make the token that a form carries: of one user, good on this day (UTC) and the next."""
    return hmac.new(secret, f"kerndata-monitor|{user}|{now:%Y-%m-%d}".encode(), hashlib.sha256).hexdigest()


def require_own_form(request: Request, token: str, secret: bytes, user: str, now: datetime) -> None:
    """Raise 403 unless the request comes from a form of ours, sent from our own address.

    A request that brings its credentials itself (``Authorization``) needs no form: no other site can make a browser
    send that header.
    """
    if "authorization" in request.headers:
        return
    days = (now, now - timedelta(days=1))
    is_ours = any(hmac.compare_digest(token.encode(), form_token(secret, user, day).encode()) for day in days)
    if not (is_ours and _same_origin(request)):
        raise HTTPException(
            status.HTTP_403_FORBIDDEN,
            "This did not come from a form on this page, or the form is older than a day. Nothing was changed: load "
            "the page again and repeat it.",
        )


def _same_origin(request: Request) -> bool:
    """Ask the browser where the form was; what says nothing about that is not let in."""
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == request.headers.get("host")
