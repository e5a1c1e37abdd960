"""What a person does from the page: send a notice again, pause and resume an endpoint; who and why is in the ledger."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, status
from fastapi.responses import RedirectResponse, Response

from kerndata.monitor.filters import clean
from kerndata.monitor.guard import require_own_form
from kerndata.monitor.view import parts_of, person_of
from kerndata.notices import desk
from kerndata.notices.desk import Who
from kerndata.notices.endpoints import load

router = APIRouter()
_MOST_WHY = 500
Why = Annotated[str, Form(min_length=3, max_length=_MOST_WHY)]
Token = Annotated[str, Form()]


@router.post("/notices/{notice_id}/retry")
def retry(request: Request, notice_id: str, why: Why, token: Token = "") -> Response:
    """Make one notice due now, also a dead one."""
    who, parts = _who(request, why, token), parts_of(request)
    with parts.ledger().transaction() as session:
        desk.retry(session, [clean(notice_id)], who, parts.now())
    return _done(request, f"/notices/{notice_id}", "retried")


@router.post("/endpoints/{name}/retry")
def retry_dead(request: Request, name: str, why: Why, token: Token = "") -> Response:
    """Make every dead letter of an endpoint due now."""
    who, parts = _who(request, why, token), parts_of(request)
    with parts.ledger().transaction() as session:
        desk.retry(session, desk.dead_of(session, clean(name)), who, parts.now())
    return _done(request, f"/endpoints/{name}", "retried")


@router.post("/endpoints/{name}/pause")
def pause(request: Request, name: str, why: Why, token: Token = "") -> Response:
    """Send nothing more to an endpoint."""
    who, parts = _who(request, why, token), parts_of(request)
    with parts.ledger().transaction() as session:
        desk.pause(session, clean(name), load(), who, parts.now())
    return _done(request, f"/endpoints/{name}", "paused")


@router.post("/endpoints/{name}/resume")
def resume(request: Request, name: str, why: Why, token: Token = "") -> Response:
    """Let an endpoint receive again."""
    who, parts = _who(request, why, token), parts_of(request)
    with parts.ledger().transaction() as session:
        desk.resume(session, clean(name), load(), who, parts.now())
    return _done(request, f"/endpoints/{name}", "resumed")


def _who(request: Request, why: str, token: str) -> Who:
    """Give who does it and why; raises 403 for a forged form, 400 without a reason."""
    parts, person = parts_of(request), person_of(request)
    require_own_form(request, token, parts.secret, person.name, parts.now())
    reason = clean(why).strip()
    if not reason:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "Say why: it stands in the ledger beside your name.")
    return Who(person.name, reason)


def _done(request: Request, path: str, said: str) -> Response:
    """Lead back to the page, so that loading it again does nothing again."""
    base = request.scope.get("root_path", "")
    return RedirectResponse(f"{base}{path}?said={said}", status.HTTP_303_SEE_OTHER)
