"""The page behind the link in every digest (RFC 8058): a POST unsubscribes, and looking at it does nothing.

No login, no cookie, nothing about anybody in a log. Who has no right link gets the same answer, whether there is such a
reader or not.
"""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from importlib.resources import files
from urllib.parse import parse_qs

from jinja2 import Environment, StrictUndefined
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kerndata.ledger.database import Ledger
from kerndata.notices.digest import unsubscribe

FIELD, CLICK = "List-Unsubscribe", "One-Click"
LONGEST_BODY = 1024
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_ASK = (
    "Geen mail meer over uitgaven",
    "U krijgt dan geen mail meer over uitgaven van de kerndataset.",
    "You will get no more mail about releases.",
)
_DONE = ("U bent afgemeld", "U krijgt geen mail meer over uitgaven.", "You are unsubscribed.")
_WRONG = (
    "Deze link klopt niet",
    "Neem de link uit de laatste mail. Er is niets veranderd.",
    "Use the link of the latest mail. Nothing was changed.",
)
_AWAY = (
    "Afmelden lukt nu niet",
    "Er is niets veranderd. Probeer het over een uur weer.",
    "Unsubscribing is not possible now. Nothing was changed; try again in an hour.",
)
_PAGE = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    (files("kerndata.notices") / "unsubscribe.html").read_text(encoding="utf-8")
)


def create_app(ledger: Ledger, key: bytes) -> Starlette:
    """Return the app with its one route, at any path a proxy gives it; ``key`` makes the tokens of the links."""

    async def show(request: Request) -> Response:
        return _page(_ASK, query=request.url.query)

    async def leave(request: Request) -> Response:
        given = {name: values[-1] for name, values in parse_qs(request.url.query).items()}
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                return _page(_WRONG, status=413)
        if not _clicked(request.headers.get("Content-Type", ""), body):
            return _page(_WRONG, status=400)
        reader, token = given.get("reader", ""), given.get("token", "")
        try:
            done = await run_in_threadpool(_unsubscribed, ledger, reader, token, key)
        except SQLAlchemyError:
            return _page(_AWAY, status=503)
        return _page(_DONE) if done else _page(_WRONG, status=403)

    path = "/{path:path}"
    routes = [Route(path, show, methods=["GET"]), Route(path, leave, methods=["POST"])]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refused})


async def _refused(_request: Request, error: Exception) -> Response:
    """Another method: the same headers as everywhere."""
    return _page(_WRONG, status=error.status_code if isinstance(error, HTTPException) else 500)


def _clicked(media_type: str, body: bytes) -> bool:
    """Whether the body is that of a click; a mail program may send the form in either way (RFC 8058 §3.2)."""
    if not media_type.startswith("multipart/form-data"):
        return parse_qs(body.decode("utf-8", "replace").strip()).get(FIELD) == [CLICK]
    head = f"Content-Type: {media_type}\r\n\r\n".encode("latin-1", "replace")
    parts = message_from_bytes(head + body, policy=policy.HTTP).iter_parts()
    told = {one.get_param("name", header="content-disposition"): str(one.get_payload()).strip() for one in parts}
    return told.get(FIELD) == CLICK


def _unsubscribed(ledger: Ledger, reader: str, token: str, key: bytes) -> bool:
    with ledger.transaction() as session:
        return unsubscribe(session, reader, token, key=key, now=datetime.now(UTC))


def _page(told: tuple[str, str, str], *, status: int = 200, query: str | None = None) -> HTMLResponse:
    title, told_nl, told_en = told
    shown = _PAGE.render(title=title, told_nl=told_nl, told_en=told_en, query=query)
    return HTMLResponse(shown, status, HEADERS)
