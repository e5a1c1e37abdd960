"""Every kind of thing that a person has to be told; the policy (kerndata.alerting) says what is told of each."""

from enum import StrEnum


class AlertKind(StrEnum):
    """The kinds of alerts; what each is about (its subject) stands behind it."""

    PROVINCE_OVERDUE = "province-overdue"  # slug
    DELIVERIES_UNANSWERED = "deliveries-unanswered"  # slug
    RUNS_FAILING = "runs-failing"  # id of the Dag
    HOLD_WAITING = "hold-waiting"  # content hash of the candidate
    MERGE_LATE = "merge-late"  # the exchange
    DEAD_LETTER = "dead-letter"  # endpoint
    DEADLINE_HALF = "deadline-half"  # id of the notice
    DEADLINE_NEAR = "deadline-near"  # id of the notice
    ENDPOINT_PAUSED = "endpoint-paused"  # endpoint
    ENDPOINT_DISABLED = "endpoint-disabled"  # endpoint
    CASE_OPEN = "case-open"  # name of the case, C-7
    CASE_HALF = "case-half"  # step of a case, C-7/notification
    CASE_NEAR = "case-near"  # the same
    CASE_LATE = "case-late"  # the same
    CASE_UNDECIDED = "case-undecided"  # name of the case
    CASE_NOT_SENT = "case-not-sent"  # name of the case
    CASE_ANSWER_REFUSED = "case-answer-refused"  # step of a case
    DISK_NEARLY_FULL = "disk-nearly-full"  # a worker's disk
    BUCKET_NEARLY_FULL = "bucket-nearly-full"  # bucket
    AUDIT_FAILED = "audit-failed"  # the exchange
