"""The pages. None changes anything: each reads the ledger in a transaction in which the database refuses writes."""

from functools import cache

from fastapi import APIRouter, HTTPException, Request, status
from fastapi.responses import Response

from kerndata.contracts.contract import DATASETS
from kerndata.errors import ConfigurationError
from kerndata.ledger import audits
from kerndata.model.submission import Status
from kerndata.monitor import filters, view
from kerndata.monitor.queries import audit, matrix, notices, province, reading, releases, submission, submissions
from kerndata.notices.endpoints import load
from kerndata.sources.expected import Expected, expected
from kerndata.sources.registry import load_source, load_sources

router = APIRouter()


@router.get("/")
def overview(request: Request) -> Response:
    """Twelve provinces × datasets × periods, and what a person has to be told."""
    parts, chosen = view.parts_of(request), filters.matrix_filter(request)
    with reading(parts.ledger()) as session:
        return view.page(
            request,
            "overview.html",
            matrix=matrix.matrix(session, filters.slugs(), _owed(), view.today(parts), chosen),
            alerts=audit.open_alerts(session),
            datasets=DATASETS,
            states=list(matrix.State),
        )


@router.get("/provinces/{slug}")
def one_province(request: Request, slug: str) -> Response:
    """One province: its periods, deliveries, scores, findings over time, and what it owes next."""
    if slug not in filters.slugs():
        raise _absent(f"There is no province {slug!r}.")
    parts, source = view.parts_of(request), load_source(slug)
    with reading(parts.ledger()) as session:
        found = matrix.matrix(session, [slug], _owed(), view.today(parts), matrix.Chosen(all_periods=True))
        return view.page(
            request,
            "province.html",
            slug=slug,
            contact={"team": source.contact.team, "mail": source.contact.mail},
            deliveries={name: spec.dataset for name, spec in source.own().items()},
            matrix=found,
            owed=matrix.owed(found.rows[0]),
            province=province.view(session, slug),
            alerts=audit.open_alerts(session, [slug]),
        )


@router.get("/submissions")
def all_submissions(request: Request) -> Response:
    """Every submission, filtered, newest first."""
    chosen = filters.submissions_filter(request)
    with reading(view.parts_of(request).ledger()) as session:
        found = submissions.listed(session, chosen)
        lists = {"provinces": filters.slugs(), "datasets": DATASETS, "statuses": list(Status)}
        return view.page(request, "submissions.html", listed=found, **lists)


@router.get("/submissions/{submission_id}")
def one_submission(request: Request, submission_id: str) -> Response:
    """One submission, from drop to release."""
    parts = view.parts_of(request)
    with reading(parts.ledger()) as session:
        life = submission.life(session, filters.clean(submission_id))
    if life is None:
        raise _absent(f"There is no submission {submission_id!r}.")
    one = life.submission
    life = life if view.person_of(request).can_act else submission.without_values(life)
    runs = parts.runs(one.province, one.concluded_at) if one.concluded_at else ()
    return view.page(request, "submission.html", life=life, runs=runs)


@router.get("/releases")
def all_releases(request: Request) -> Response:
    """Every release, and the candidates that waited for a person."""
    with reading(view.parts_of(request).ledger()) as session:
        found, held, last = releases.listed(session), releases.held(session), audits.last(session)
        return view.page(request, "releases.html", releases=found, held=held, audit=last)


@router.get("/releases/{version}")
def one_release(request: Request, version: str) -> Response:
    """One release: what changed, whose rows it holds, who let it pass, whether it was seen to hold."""
    parts = view.parts_of(request)
    with reading(parts.ledger()) as session:
        found, last = releases.view(session, filters.clean(version)), audits.last(session)
    if found is None:
        raise _absent(f"There is no release {version!r}.")
    return view.page(request, "release.html", view=found, audit=last, public_url=_public_url(request))


@router.get("/notices")
def all_endpoints(request: Request) -> Response:
    """The outbox, per endpoint."""
    parts = view.parts_of(request)
    with reading(parts.ledger()) as session:
        found = notices.endpoints(session, load())
        return view.page(request, "notices.html", endpoints=found)


@router.get("/endpoints/{name}")
def one_endpoint(request: Request, name: str) -> Response:
    """One endpoint: its dead letters, what waits, what was delivered last."""
    with reading(view.parts_of(request).ledger()) as session:
        found = notices.endpoint(session, filters.clean(name), load())
    if found is None:
        raise _absent(f"There is no endpoint {name!r}.")
    return view.page(request, "endpoint.html", view=found)


@router.get("/notices/{notice_id}")
def one_notice(request: Request, notice_id: str) -> Response:
    """One notice and what came of each attempt."""
    with reading(view.parts_of(request).ledger()) as session:
        found = notices.notice(session, filters.clean(notice_id))
    if found is None:
        raise _absent(f"There is no notice {notice_id!r}.")
    return view.page(request, "notice.html", view=found)


@router.get("/audit")
def the_audit(request: Request) -> Response:
    """The last audit, the head of the chain, alerts, and the events themselves."""
    subject, before = filters.text(request, "subject"), filters.whole(request, "before")
    with reading(view.parts_of(request).ledger()) as session:
        return view.page(
            request,
            "audit.html",
            audit=audits.last(session),
            head=audit.head(session),
            alerts=audit.open_alerts(session),
            closed=audit.closed_alerts(session),
            events=audit.events(session, subject, before),
        )


@router.get("/assets/{name}")
def asset(name: str) -> Response:
    """The style sheet, the script, the icons."""
    found = view.asset(name)
    if found is None:
        raise _absent(f"There is no {name!r}.")
    return found


@router.get("/{rest:path}")
def nothing(rest: str) -> Response:
    """What no other route answers; also behind the guards, so that nobody learns what there is."""
    raise _absent("There is no such page.")


@cache
def _owed() -> tuple[Expected, ...]:
    return tuple(expected(load_sources().values()))


def _public_url(request: Request) -> str | None:
    try:
        return view.parts_of(request).public_url()
    except ConfigurationError:
        return None


def _absent(what: str) -> HTTPException:
    return HTTPException(status.HTTP_404_NOT_FOUND, what)
