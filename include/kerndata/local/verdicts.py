"""What must hold after the story, judged on what was really published, stored and received."""

import csv
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import requests

from kerndata.ledger import conservation, events
from kerndata.local import story
from kerndata.local.counterpart_programs import TAXII_MEDIA_TYPE, TAXII_USER, taxii_url
from kerndata.local.samples.oracle import references
from kerndata.local.stack import Stack
from kerndata.merge.reconcile import Agreement, Reconciliation, reconcile
from kerndata.model.incident import Phase
from kerndata.model.release import Release
from kerndata.model.submission import Status, Submission
from kerndata.publish.verify import check_release
from kerndata.store import keys

NOTICES = 10  # two releases to hub, subscriber and product page; three phases of a case (TAXII); a refusal (subscriber)
SUPPRESSED_PRODUCTION = {(code, year) for code in ("H3.5", "H3.6") for year in ("2019", "2020")}


@dataclass(frozen=True, slots=True)
class Judgement:
    """One thing that should be so, and what was seen."""

    what: str
    seen: str
    holds: bool


def judge(stack: Stack, first: Release, second: Release, found: list[Submission]) -> list[Judgement]:
    """Return every judgement, in the order of the story."""
    return [
        _every_delivery_has_one_receipt(stack, found),
        _verdicts("ten provinces were accepted whole", _others(found), Status.ACCEPTED),
        _partly_then_whole("Gelderland: partly kept, then whole", _of(found, "gelderland"), Status.PARTLY_ACCEPTED),
        _partly_then_whole("Limburg: refused, then whole", _of(found, "limburg"), Status.REFUSED),
        _marked_partial(stack, first),
        _changes(stack, second),
        _reconciles(stack, second),
        _hub(stack, [first, second]),
        _subscriber(stack, [first, second]),
        _product_page(stack, [first, second]),
        _taxii(stack),
        _nothing_lost(stack, [first, second]),
    ]


def reconciled(stack: Stack, release: Release) -> tuple[Reconciliation, ...]:
    """Hold a release's national values against those of CBS."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "national.csv"
        stack.exchange_store().fetch(keys.PUBLISHED, keys.release_key(release.version, path.name), path)
        return reconcile(path, references())


def as_expected(one: Reconciliation) -> bool:
    """Say whether one comparison is as CBS's own figures make it: equal, suppressed there too, or absent in both."""
    if (one.reference.indicator_code, one.reference.period) in SUPPRESSED_PRODUCTION:
        return one.agreement is Agreement.PARTIAL and one.coverage == "10/12"
    return one.agreement in {Agreement.AGREES, Agreement.ABSENT_IN_BOTH}


def _of(found: list[Submission], slug: str) -> list[Submission]:
    return [item for item in found if item.province == slug]


def _others(found: list[Submission]) -> list[Submission]:
    return [item for item in found if item.province not in {"gelderland", "limburg"}]


def _every_delivery_has_one_receipt(stack: Stack, found: list[Submission]) -> Judgement:
    lacking = [
        item.id
        for item in found
        if not stack.province_store(item.province).exists(keys.inbox(item.province), keys.receipt_key(item.id, "html"))
    ]
    expected = len(story.first_round()) + len(story.second_round())
    seen = f"{len(found)} submissions of {expected} deliveries, {len(lacking)} without a receipt"
    return Judgement("every delivery has one receipt", seen, len(found) == expected and not lacking)


def _verdicts(what: str, found: list[Submission], wanted: Status) -> Judgement:
    holding = [item for item in found if item.status is wanted]
    return Judgement(what, f"{len(holding)} of {len(found)} submissions {wanted.value}", len(holding) == len(found) > 0)


def _partly_then_whole(what: str, found: list[Submission], first: Status) -> Judgement:
    seen = [item.status for item in found if item.dataset == "indicators"]
    return Judgement(what, ", then ".join(seen), seen == [first, Status.ACCEPTED])


def _marked_partial(stack: Stack, release: Release) -> Judgement:
    rows = _published_csv(stack, release, "national.csv")
    claimed = [row for row in rows if row["is_partial"] == "false" and row["coverage"] != "12/12"]
    partial = [row for row in rows if row["is_partial"] == "true"]
    holds = len(partial) == len(rows) > 0 and not claimed and not any(row["value"] for row in partial)
    seen = f"{len(partial)} of {len(rows)} national values marked partial, e.g. coverage {rows[0]['coverage']}"
    return Judgement(f"release {release.version} claims no total without Limburg", seen, holds)


def _changes(stack: Stack, release: Release) -> Judgement:
    rows = _published_csv(stack, release, "changes.csv")
    added = sum(row["change"] == "added" for row in rows)
    return Judgement(f"release {release.version} says what changed", f"{len(rows)} changes, {added} added", added > 0)


def _reconciles(stack: Stack, release: Release) -> Judgement:
    found = reconciled(stack, release)
    bad = [one for one in found if not as_expected(one)]
    agreeing = sum(one.agreement is Agreement.AGREES for one in found)
    seen = f"{agreeing} of {len(found)} agree with CBS, {len(bad)} not as expected"
    return Judgement(f"release {release.version} reconciles with CBS", seen, not bad and agreeing > 0)


def _hub(stack: Stack, published: list[Release]) -> Judgement:
    lines = stack.paths.hub_journal.read_text(encoding="utf-8").splitlines()
    subjects = sorted(_subject(json.loads(line)) for line in lines)
    return Judgement(
        "the hub received each release once", ", ".join(subjects), subjects == sorted(one.version for one in published)
    )


def _subject(entry: dict[str, object]) -> str:
    event = entry.get("event", entry)
    return str(event["subject"]) if isinstance(event, dict) else ""


def _subscriber(stack: Stack, published: list[Release]) -> Judgement:
    lines = (stack.paths.receivers / "webhook.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line)["event"] for line in lines]
    releases = sorted(one["subject"] for one in events if one["type"].endswith(".kerndataset-gepubliceerd"))
    seen = f"{', '.join(releases)}; {len(events) - len(releases)} other event(s)"
    holds = releases == sorted(one.version for one in published) and len(events) == len(releases) + 1
    return Judgement("the subscriber verified each release once, and one refusal", seen, holds)


def _product_page(stack: Stack, published: list[Release]) -> Judgement:
    lines = (stack.paths.receivers / "pdc.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line)["vertalingen"][0]["tekst"] for line in lines]
    holds = len(told) == len(published) and all(one.version in text for one, text in zip(published, told, strict=True))
    return Judgement("the product page followed each release once", f"{len(told)} versions of the page", holds)


def _taxii(stack: Stack) -> Judgement:
    answer = requests.get(
        f"{taxii_url(stack.ports)}objects/?match[version]=all",
        auth=(TAXII_USER, stack.secrets.taxii_password),
        headers={"Accept": TAXII_MEDIA_TYPE},
        timeout=10,
    )
    versions = [one for one in answer.json().get("objects", []) if one["type"] == "incident"]
    told = [one["description"].splitlines()[0] for one in sorted(versions, key=lambda one: str(one["modified"]))]
    incidents = {one["id"] for one in versions}
    holds = len(incidents) == 1 and told == [f"Phase: {phase.words}" for phase in Phase]
    seen = f"{len(incidents)} incident(s), {len(versions)} versions"
    return Judgement("the TAXII server has the one incident in its three phases", seen, holds)


def _nothing_lost(stack: Stack, published: list[Release]) -> Judgement:
    with stack.ledger().transaction() as session:
        breaches = [*events.verify(session), *conservation.breaches(session)]
    for release in published:
        breaches += check_release(stack.exchange_store(), release.version)
    seen = "; ".join(breaches) or "chain unbroken, observations in = published + superseded + refused"
    return Judgement("nothing is lost or changed", seen, not breaches)


def _published_csv(stack: Stack, release: Release, name: str) -> list[dict[str, str]]:
    body = stack.exchange_store().read(keys.PUBLISHED, keys.release_key(release.version, name)).decode("utf-8")
    return list(csv.DictReader(body.splitlines()))
