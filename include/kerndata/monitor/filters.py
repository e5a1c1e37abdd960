"""What stands in an address, read and checked: an unknown value is said, never ignored."""

from collections.abc import Collection

from fastapi import HTTPException, Request, status

from kerndata.contracts.code_lists import provinces
from kerndata.contracts.contract import DATASETS
from kerndata.model.submission import Status
from kerndata.monitor.queries.matrix import Chosen, State
from kerndata.monitor.queries.submissions import Filter


def slugs() -> list[str]:
    """Give the twelve provinces in order of name."""
    return [one.slug for one in sorted(provinces(), key=lambda one: one.name)]


def submissions_filter(request: Request) -> Filter:
    """Read what a list of submissions is narrowed to."""
    return Filter(
        province=one_of(request, "province", slugs()),
        dataset=one_of(request, "dataset", DATASETS),
        status=one_of(request, "status", [one.value for one in Status]),
        rule=text(request, "rule"),
        name=text(request, "name"),
        before=whole(request, "before"),
    )


def matrix_filter(request: Request) -> Chosen:
    """Read what the matrix is narrowed to."""
    state = one_of(request, "state", [one.value for one in State])
    return Chosen(
        dataset=one_of(request, "dataset", DATASETS),
        state=State(state) if state else None,
        all_periods=one_of(request, "periods", ["all"]) is not None,
    )


def text(request: Request, name: str) -> str | None:
    """Read a text; None when it is absent or empty. PostgreSQL has no place for the character NUL."""
    return request.query_params.get(name, "").strip().replace("\x00", "")[:200] or None


def one_of(request: Request, name: str, allowed: Collection[str]) -> str | None:
    """Read one of a few words; raises 400 for another."""
    given = text(request, name)
    if given is None or given in allowed:
        return given
    raise HTTPException(
        status.HTTP_400_BAD_REQUEST, f"{name} is {given!r} in this address; it can be {', '.join(allowed)}."
    )


def whole(request: Request, name: str) -> int | None:
    """Read a whole number from 0; raises 400 for anything else."""
    given = text(request, name)
    if given is None:
        return None
    if not given.isascii() or not given.isdecimal() or len(given) > 18:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, f"{name} is {given!r} in this address; it is a whole number.")
    return int(given)


def clean(given: str) -> str:
    """Leave out of a part of an address what PostgreSQL has no place for."""
    return given.replace("\x00", "")
