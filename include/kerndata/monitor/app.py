"""The app as a whole: every route behind the same guards, every answer with the same headers."""

from collections.abc import Callable
from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException as AnyHTTPException

from kerndata.errors import ConfigurationError, KerndataError
from kerndata.monitor import actions, documents, routes
from kerndata.monitor.guard import Guard
from kerndata.monitor.parts import Auth, Parts, Person
from kerndata.monitor.view import fault

_BROKEN = "This page could not be made; the exchange itself goes on. The log of the api-server says why."


def create_app(auth: Auth, parts: Parts) -> FastAPI:
    """Make the app. Nothing is served before ``auth`` let the request through; there is no schema page."""
    app = FastAPI(
        title="Kerndata",
        dependencies=[Depends(auth.signed_in), Depends(auth.may_read), Depends(_remember(auth))],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.parts = parts
    app.include_router(documents.router)
    app.include_router(documents.originals, dependencies=[Depends(_require_act)])
    app.include_router(actions.router, dependencies=[Depends(_require_act)])
    app.include_router(routes.router)  # last: its last route answers whatever no other does
    app.add_exception_handler(AnyHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(KerndataError, _not_done)
    app.add_middleware(Guard, broken=_broken)
    return app


def _remember(auth: Auth) -> Callable[..., None]:
    """Make the dependency that keeps who asks with the request."""
    person = Depends(auth.person)

    def remember(request: Request, found: Any = person) -> None:
        request.state.person = found

    return remember


def _require_act(request: Request) -> None:
    person: Person = request.state.person
    if not person.can_act:
        raise HTTPException(
            status.HTTP_403_FORBIDDEN,
            f"{person.name} may look here, but not do this: it takes the right to edit the Dag deliver_notices.",
        )


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, AnyHTTPException):
        raise TypeError(type(error))
    answer = fault(request, error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _not_understood(request: Request, error: Exception) -> Response:
    """Answer 400, as the NL API Design Rules ask, not 422."""
    if not isinstance(error, RequestValidationError):
        raise TypeError(type(error))
    said = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
    return fault(request, status.HTTP_400_BAD_REQUEST, f"The request is not understood. {said}")


async def _not_done(request: Request, error: Exception) -> Response:
    is_ours = isinstance(error, ConfigurationError)
    return fault(request, status.HTTP_503_SERVICE_UNAVAILABLE if is_ours else status.HTTP_409_CONFLICT, str(error))


async def _broken(request: Request) -> Response:
    return fault(request, status.HTTP_500_INTERNAL_SERVER_ERROR, _BROKEN)
