"""A delivery's life in the inbox: several at once, overwritten, half written, astray, withheld, withdrawn."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from tests.integration.intake_desk import FIRST, KEY, SECOND, Desk, figures

from kerndata.errors import Transient
from kerndata.intake import receive as receive_module
from kerndata.ledger import Ledger, events, findings, submissions
from kerndata.ledger.tables import CaseRow
from kerndata.local.stack import Stack
from kerndata.model.submission import Status, Submission
from kerndata.publish.audit import audit
from kerndata.scan import Clean, Infected
from kerndata.store import keys

pytestmark = pytest.mark.stack


@pytest.fixture
def desk(stack_services: Stack, ledger: Ledger) -> Desk:
    """A counter at which nothing waits and nothing is current."""
    found = Desk(stack_services, ledger)
    found.receive()
    with ledger.transaction() as session:
        session.execute(text("UPDATE submissions SET delivery_name = 'earlier ' || id"))
        waiting = "UPDATE submissions SET status = 'refused', concluded_at = received_at WHERE concluded_at IS NULL"
        session.execute(text(waiting))
    return found


def rules(desk: Desk, item: Submission) -> list[str]:
    with desk.ledger.transaction() as session:
        return [one.rule_id for one in findings.of_submission(session, item.id)]


def test_three_files_dropped_together_each_get_their_receipt(desk: Desk) -> None:
    for number in range(3):
        desk.drop(figures(61, 66, 74, 74, 87, number), f"drop/indicators/energie_tijdreeks_{number}.csv")
    done = [desk.process(item.id) for item in desk.receive()]
    assert [item.status for item in done] == [Status.ACCEPTED] * 3
    assert all("aangenomen" in desk.receipt(item) for item in done)
    assert len({item.id for item in done}) == 3


def test_one_key_written_three_times_within_a_second_gives_three_receipts_and_the_last_wins(desk: Desk) -> None:
    bodies = [FIRST, SECOND, FIRST]
    for body in bodies:
        desk.drop(body)
    done = [desk.process(item.id) for item in desk.receive()]
    assert [item.status for item in done] == [Status.ACCEPTED] * 3
    assert done[0].sha256 == done[2].sha256
    assert len({item.id for item in done}) == 3
    assert [item.sequence for item in done] == sorted(item.sequence for item in done)
    assert all(desk.receipt(item) for item in done)


def test_what_is_overwritten_between_listing_and_fetching_is_archived_as_it_was_listed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = receive_module.unknown_drops

    def listed_then_overwritten(*arguments: object) -> object:
        found = unknown(*arguments)  # type: ignore[arg-type]
        desk.drop(SECOND)
        return found

    desk.drop(FIRST)
    monkeypatch.setattr(receive_module, "unknown_drops", listed_then_overwritten)
    [first] = desk.receive()
    monkeypatch.undo()
    [second] = desk.receive()
    archived = [desk.store.read(keys.ARCHIVE, keys.raw_key(desk.slug, one.sha256)) for one in (first, second)]
    assert archived == [FIRST, SECOND]


def test_a_half_written_file_is_not_there_until_it_is_whole(desk: Desk) -> None:
    client, inbox = desk.client(), keys.inbox(desk.slug)
    part = SECOND + b" " * (5 * 1024 * 1024)
    uploads = [client.create_multipart_upload(Bucket=inbox, Key=KEY)["UploadId"] for _ in range(2)]
    tags = [
        client.upload_part(Bucket=inbox, Key=KEY, UploadId=upload, PartNumber=1, Body=part)["ETag"]
        for upload in uploads
    ]
    assert desk.receive() == []
    client.abort_multipart_upload(Bucket=inbox, Key=KEY, UploadId=uploads[0])
    assert desk.receive() == []
    parts = [{"PartNumber": 1, "ETag": tags[1]}]
    client.complete_multipart_upload(Bucket=inbox, Key=KEY, UploadId=uploads[1], MultipartUpload={"Parts": parts})  # type: ignore[typeddict-item]
    [item] = desk.receive()
    assert item.size_bytes == len(part)
    assert desk.process(item.id).concluded_at


@pytest.mark.parametrize(
    ("key", "belongs"),
    [
        ("drop/energie_tijdreeks_2024.csv", "drop/indicators/energie_tijdreeks*.csv"),
        ("drop/projects/energie_tijdreeks_2024.csv", "drop/indicators/energie_tijdreeks*.csv"),
        ("drop/indicators/tijdreeks energie.csv", "drop/indicators/energie_tijdreeks*.csv"),
        ("drop/projecten/projecten 2024.tsv", "drop/projects/projecten*.tsv"),
    ],
)
def test_a_file_in_the_wrong_place_is_told_where_it_belongs(desk: Desk, key: str, belongs: str) -> None:
    item = desk.deliver(FIRST, key)
    assert item.status is Status.REFUSED
    assert rules(desk, item) == ["F-UNKNOWN-DELIVERY"]
    assert f"Waarschijnlijk hoort het bij „{belongs}”" in desk.receipt(item)


def test_a_file_with_the_columns_of_another_delivery_is_told_which(desk: Desk) -> None:
    other = desk.source.deliveries["projecten"]
    header = ";".join(other.columns)
    item = desk.deliver(f"{header}\nWRI-1;West;WOL;Zwolle;4,7;2;11;2015;6;2017-08-18\n".encode())
    assert item.status is Status.REFUSED
    assert rules(desk, item) == ["F-OTHER-DATASET"]
    assert "maar wel bij de levering „projecten”" in desk.receipt(item)


@dataclass
class Watchful:
    """A scanner that recognises and fails as told."""

    bad: bytes = b"never"
    silent: bytes = b"never"
    asked: list[bytes] = field(default_factory=list)

    def scan(self, path: Path) -> Clean | Infected:
        body = path.read_bytes()
        self.asked.append(body)
        if self.silent in body:
            raise Transient("the scanner does not answer")
        return Infected("Eicar-Test") if self.bad in body else Clean()


def test_what_the_scanner_recognises_is_never_kept_and_answered_each_time(desk: Desk) -> None:
    harmful = figures(1, 2, 3, 4, 5, 66.6)
    desk.scanner = Watchful(bad=b"66.6")
    first, again = desk.deliver(harmful), desk.deliver(harmful)
    assert [item.status for item in (first, again)] == [Status.REFUSED] * 2
    assert (rules(desk, first), rules(desk, again)) == (["F-MALWARE"], ["F-MALWARE"])
    assert "Eicar-Test" in desk.receipt(again)
    assert not desk.store.exists(keys.ARCHIVE, keys.raw_key(desk.slug, first.sha256))
    with desk.ledger.transaction() as session:
        cases = session.scalar(select(func.count()).where(CaseRow.submission_id.in_([first.id, again.id])))
        assert cases == 2
        assert events.verify(session) == []
    good = desk.deliver(FIRST)
    assert good.status is Status.ACCEPTED
    assert desk.deliver(FIRST).status is Status.DUPLICATE


def test_the_archive_is_sound_without_the_bytes_of_what_was_withheld(desk: Desk) -> None:
    desk.scanner = Watchful(bad=b"77.7")
    withheld = desk.deliver(figures(1, 2, 3, 4, 5, 77.7))
    assert not [one for one in audit(desk.store, desk.ledger) if withheld.sha256 in one]
    key = keys.raw_key(desk.slug, withheld.sha256)
    desk.store.create(keys.ARCHIVE, key, figures(1, 2, 3, 4, 5, 77.7), content_type="text/csv")
    [breach] = [one for one in audit(desk.store, desk.ledger) if withheld.sha256 in one]
    assert "must not be there: malware: Eicar-Test" in breach


def test_while_the_scanner_is_down_a_file_waits_with_the_later_ones_of_its_delivery_and_others_go_on(
    desk: Desk,
) -> None:
    scanner = desk.scanner = Watchful(silent=b";87;89")
    desk.drop(figures(61, 66, 74, 74, 87, 89))
    desk.drop(SECOND)
    desk.drop(b"elders", "drop/los.txt")
    with pytest.raises(Transient, match="1 new file"):
        desk.receive()
    with desk.ledger.transaction() as session:
        waiting = submissions.waiting(session, desk.slug)
    assert [one.delivery.name for one in waiting] == ["drop/los.txt"]
    assert SECOND not in scanner.asked, "received first it would count as the older one"
    scanner.silent = b"never"
    older, newer = desk.receive()
    assert (older.sequence < newer.sequence, newer.sha256) == (True, desk.get(newer.id).sha256)
    for item in (*waiting, older, newer):
        assert desk.process(item.id).concluded_at


def test_a_withdrawn_delivery_no_longer_counts_and_both_receipts_say_so(desk: Desk) -> None:
    first, second = desk.deliver(FIRST), desk.deliver(SECOND)
    request = desk.withdraw(second.id, ".txt", b"vergissing")
    assert (request.status, rules(desk, request)) == (Status.WITHDRAWAL, ["F-WITHDRAWN"])
    assert desk.get(second.id).status is Status.WITHDRAWN
    assert "ingetrokken" in desk.receipt(second)
    assert second.id in desk.receipt(request)
    with desk.ledger.transaction() as session:
        counting = [one.id for one in submissions.accepted(session, "indicators")]
        assert events.verify(session) == []
    assert first.id in counting
    assert second.id not in counting
    assert desk.deliver(FIRST).status is Status.DUPLICATE, "the first is current again"
    assert desk.deliver(SECOND).status is Status.ACCEPTED


def test_withdrawing_twice_or_a_number_that_is_not_theirs_changes_nothing_and_is_answered(desk: Desk) -> None:
    item = desk.deliver(FIRST)
    repeat = desk.deliver(FIRST)
    asked = [
        desk.withdraw(repeat.id),
        desk.withdraw(item.id.upper()),
        desk.withdraw(item.id),
        desk.withdraw("S-0123456789abcdef"),
        desk.withdraw("alles"),
        desk.withdraw("S-0123456789abcdef"),
    ]
    assert [rules(desk, one) for one in asked] == [
        ["F-WITHDRAW-REPEAT"],
        ["F-WITHDRAWN"],
        ["F-WITHDRAW-AGAIN"],
        ["F-WITHDRAW-UNKNOWN"],
        ["F-WITHDRAW-UNKNOWN"],
        ["F-WITHDRAW-UNKNOWN"],
    ]
    assert item.id in desk.receipt(asked[0])
    assert all(one.concluded_at for one in asked)


def test_another_province_cannot_withdraw_and_is_told_what_it_is_told_of_an_unknown_number(
    desk: Desk, stack_services: Stack, ledger: Ledger
) -> None:
    item = desk.deliver(FIRST)
    neighbour = Desk(stack_services, ledger, slug="drenthe")
    request = neighbour.withdraw(item.id)
    assert rules(neighbour, request) == ["F-WITHDRAW-UNKNOWN"]
    assert desk.get(item.id).status is Status.ACCEPTED


def test_a_delivery_withdrawn_before_it_was_checked_is_never_taken_over(desk: Desk) -> None:
    desk.drop(FIRST)
    [waiting] = desk.receive()
    assert desk.withdraw(waiting.id).status is Status.WITHDRAWAL
    assert desk.process(waiting.id).status is Status.WITHDRAWN
    assert "ingetrokken" in desk.receipt(waiting)
