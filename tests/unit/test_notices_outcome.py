"""The outcome table of the outbox, row by row."""

from datetime import UTC, datetime, timedelta

import pytest

from kerndata.notices.endpoints import ScheduleName
from kerndata.notices.outcome import SCHEDULES, Decision, Outcome, decide, jitter, retry_after
from kerndata.notices.transport import Reply

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
STANDARD, URGENT = SCHEDULES[ScheduleName.STANDARD], SCHEDULES[ScheduleName.URGENT]


def decided(reply: Reply, *, confirmed: bool = False, attempt: int = 1, schedule=STANDARD) -> Decision:
    return decide(reply, confirmed=confirmed, attempt=attempt, notice_id="N-1", schedule=schedule, now=NOW)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, Outcome.RETRY) for status in (None, 200, 202, 204, 408, 425, 429, 500, 502, 503, 504, 599)),
        *((status, Outcome.DEAD) for status in (301, 302, 303, 304, 307, 308, 400, 402, 404, 405, 409, 413, 415, 422)),
        *((status, Outcome.PAUSE) for status in (401, 403)),
        (410, Outcome.DISABLE),
    ],
)
def test_an_unconfirmed_answer_leads_to_the_outcome_of_the_table(status, outcome):
    assert decided(Reply(status)).outcome is outcome


@pytest.mark.parametrize("status", [200, 202, 400])
def test_a_confirmed_effect_is_delivered_whatever_the_status(status):
    assert decided(Reply(status), confirmed=True) == Decision(Outcome.DELIVERED, f"HTTP {status}")


def test_an_address_we_may_not_send_to_pauses_the_endpoint_and_says_why():
    assert decided(Reply(None, refused="10.0.0.1 is private")) == Decision(Outcome.PAUSE, "10.0.0.1 is private")


def test_a_redirect_is_dead_and_says_that_it_was_not_followed():
    decision = decided(Reply(302, {"location": "http://169.254.169.254/latest/meta-data"}))
    assert decision.outcome is Outcome.DEAD
    assert (
        decision.reason == "HTTP 302: a redirect to 169.254.169.254, not followed (without TLS, not a public address)"
    )


@pytest.mark.parametrize(
    ("attempt", "seconds"),
    [(1, 5), (2, 300), (3, 1800), (4, 7200), (5, 18000), (6, 36000), (7, 50400), (8, 72000), (9, 86400)],
)
def test_the_standard_schedule_waits_its_delay_within_twenty_percent(attempt, seconds):
    wait = decided(Reply(503), attempt=attempt).due_at - NOW
    assert 0.8 * seconds <= wait.total_seconds() <= 1.2 * seconds


def test_a_spent_schedule_is_dead_and_says_after_how_many_attempts():
    decision = decided(Reply(503), attempt=10)
    assert decision == Decision(Outcome.DEAD, "HTTP 503; gave up after 10 attempts")


def test_the_urgent_schedule_is_denser_and_covers_the_twenty_four_hours_of_an_early_warning():
    assert sum(URGENT.delays, timedelta()) >= timedelta(hours=24)
    assert max(URGENT.delays) <= timedelta(minutes=15)
    assert len(URGENT.delays) > len(STANDARD.delays)


def test_jitter_is_the_same_for_the_same_attempt_and_spreads_over_the_whole_band():
    factors = [jitter(f"N-{n}", 1) for n in range(1000)]
    assert jitter("N-7", 3) == jitter("N-7", 3) != jitter("N-7", 4)
    assert 0.8 <= min(factors) < 0.82
    assert 1.18 < max(factors) <= 1.2


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta(0)),
        ("Fri, 01 May 2026 08:10:00 GMT", timedelta(minutes=10)),
        ("Fri, 01 May 2026 07:00:00 GMT", timedelta(0)),
        ("Fri, 01 May 2026 08:10:00 -0000", timedelta(minutes=10)),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Fri, 99 May 2026 08:10:00 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_seconds_and_as_a_date(value, wait):
    assert retry_after(value, NOW) == wait


def test_retry_after_longer_than_the_schedule_is_honoured():
    assert decided(Reply(429, {"retry-after": "3000"})).due_at == NOW + timedelta(seconds=3000)


def test_retry_after_shorter_than_the_schedule_does_not_hurry_us():
    assert decided(Reply(429, {"retry-after": "1"})).due_at >= NOW + timedelta(seconds=4)


def test_an_absurd_retry_after_is_bounded():
    far = Reply(503, {"retry-after": "99999999999999999999"})
    assert decided(far).due_at == NOW + timedelta(hours=24)
    assert decided(far, schedule=URGENT).due_at == NOW + timedelta(hours=1)
