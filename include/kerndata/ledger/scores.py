"""How good deliveries were over time, per province, dataset and dimension: from the outcomes in the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.ledger.tables import OutcomeRow, SubmissionRow


@dataclass(frozen=True, slots=True)
class Scored:
    """One outcome; ``scores`` per dimension: the share of its observations without a finding, 0 to 1."""

    province: str
    dataset: str
    submission_id: str
    revision: int
    concluded_at: datetime
    scores: Mapping[str, float]


def over_time(
    session: Session, province: str | None = None, dataset: str | None = None, limit: int | None = None
) -> list[Scored]:
    """Give every outcome with scores, by province, dataset and moment; of each pair only the newest ``limit``.

    A submission assessed again has one per revision. Outcomes from before scores were kept are left out.
    """
    row = OutcomeRow
    chosen = [row.dataset == dataset] if dataset else []
    chosen += [SubmissionRow.province == province] if province else []
    order = (SubmissionRow.province, row.dataset, row.concluded_at, SubmissionRow.sequence, row.revision)
    query = select(SubmissionRow.province, row).join(SubmissionRow).where(*chosen).order_by(*order)
    found: dict[tuple[str, str], list[Scored]] = {}
    for slug, one in session.execute(query):
        if one.dataset and one.scores:
            scored = Scored(slug, one.dataset, one.submission_id, one.revision, one.concluded_at, one.scores)
            found.setdefault((slug, one.dataset), []).append(scored)
    return [scored for history in found.values() for scored in history[-limit if limit else 0 :]]
