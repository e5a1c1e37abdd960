"""From what a query gave to an answer: a page, or the same as JSON for whoever asks for that."""

from collections import defaultdict
from datetime import date
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from fastapi import Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from kerndata.monitor.guard import form_token
from kerndata.monitor.notation import FILTERS, TESTS, ZONE
from kerndata.monitor.parts import Parts, Person

# What may stand in ``?said=`` after something was done; nothing else is shown.
SAID = {
    "retried": "Sent again: what was dead or waiting is due now, with the same id and the same bytes.",
    "paused": "Paused: nothing more is sent to this endpoint; what waits keeps waiting.",
    "resumed": "Resumed: what waits goes out with the next delivery, within a minute.",
}
_ASSETS = {
    "monitor.css": "text/css; charset=utf-8",
    "monitor.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "icon-dark.svg": "image/svg+xml",
}


def parts_of(request: Request) -> Parts:
    """Give what the app was made with."""
    parts: Parts = request.app.state.parts
    return parts


def today(parts: Parts) -> date:
    """Give the day it is in the Netherlands."""
    return parts.now().astimezone(ZONE).date()


def person_of(request: Request) -> Person:
    """Give who asks, as the guards found."""
    person: Person = request.state.person
    return person


def page(request: Request, template: str, **values: Any) -> Response:
    """Answer with a page made of ``values``, or with these as JSON."""
    if wants_json(request):
        return JSONResponse(jsonable_encoder(values))
    parts, person = parts_of(request), person_of(request)
    given = _places(request, parts) | {
        "person": person,
        "token": form_token(parts.secret, person.name, parts.now()),
        "said": SAID.get(request.query_params.get("said", "")),
        "now": parts.now(),
        "today": today(parts),
        "chosen": defaultdict(str, request.query_params),
    }
    return HTMLResponse(_environment().get_template(template).render(given | values))


def fault(request: Request, code: int, detail: str) -> Response:
    """Answer that something is not there, not allowed or broken: what it is, and where to go on."""
    if wants_json(request):
        return JSONResponse({"status": code, "title": HTTPStatus(code).phrase, "detail": detail}, code)
    given = {"code": code, "title": HTTPStatus(code).phrase, "detail": detail}
    return HTMLResponse(
        _environment().get_template("fault.html").render(_places(request, parts_of(request)) | given), code
    )


def wants_json(request: Request) -> bool:
    """Whether the request asks for JSON: ``?format=json`` or by its header."""
    asked = request.query_params.get("format") == "json"
    return asked or request.headers.get("accept", "").startswith("application/json")


def asset(name: str) -> Response | None:
    """Give the style sheet, the script or an icon; None for another name."""
    media_type = _ASSETS.get(name)
    return Response(_text(name), media_type=media_type) if media_type else None


def _places(request: Request, parts: Parts) -> dict[str, str]:
    """Where the app and Airflow stand in the address."""
    base = request.scope.get("root_path", "")
    return {"base": base, "airflow": base.removesuffix(parts.prefix)}


@cache
def _text(name: str) -> str:
    return (files("kerndata.monitor") / "pages" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("kerndata.monitor", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    made.tests.update(TESTS)
    return made
