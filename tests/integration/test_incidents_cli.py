"""``kerndata incidents`` on the real ledger: what a person sees and does; and every step of the runbook."""

import re
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.integration.incident_desk import case, history, open_in

from kerndata.cli import main
from kerndata.incidents import record
from kerndata.ledger import Ledger
from kerndata.ledger.tables import CaseRow
from kerndata.local.exchange import VARIABLES
from kerndata.model.incident import Phase

pytestmark = pytest.mark.stack

Run = Callable[..., tuple[int, str]]
RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "runbooks" / "incident.md"
CHOSEN = ["--criticality", "low", "--confidentiality", "none", "--integrity", "none", "--recoverability", "regular"]


@pytest.fixture
def run(ledger_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give the command; its status and what it said."""
    for name, value in zip(VARIABLES, (ledger_url, "http://127.0.0.1:1", "none", "none"), strict=True):
        monkeypatch.setenv(name, value)

    def command(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["kerndata", *words])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return int(left.value.code or 0), " ".join((said.out + said.err).split())

    return command


@pytest.fixture
def one(ledger: Ledger) -> CaseRow:
    """A case that was opened just now: the command reads the clock."""
    with ledger.transaction() as session:
        return open_in(session, at=datetime.now(UTC))


def test_the_list_says_what_is_to_be_done_by_when_and_leaves_out_what_is_closed(run: Run, one: CaseRow) -> None:
    status, said = run("incidents", "list")
    assert (status, one.name in said, "decision 2" in said) == (0, True, True)
    run("incidents", "decide", one.name, "--not-significant", "--why", "een formule")
    assert one.name not in run("incidents", "list")[1]
    assert one.name in run("incidents", "list", "--all")[1]


def test_show_has_the_draft_before_it_is_sent_and_who_decided_what_after(run: Run, one: CaseRow) -> None:
    status, said = run("incidents", "show", one.name)
    assert status == 0
    assert "early warning, a draft, not sent" in said
    assert f"incident--{one.incident_id}" in said
    run("incidents", "decide", one.name, "--significant", "--why", "sleutel misbruikt", "--by", "jan")
    said = run("incidents", "show", one.name)[1]
    assert "significant by jan" in said
    assert "sleutel misbruikt" in said
    assert "given to the outbox at" in said


def test_deciding_needs_an_answer_and_a_reason(run: Run, one: CaseRow, ledger: Ledger) -> None:
    assert run("incidents", "decide", one.name, "--why", "w")[0] == 2
    assert run("incidents", "decide", one.name, "--significant")[0] == 2
    assert run("incidents", "decide", one.name, "--significant", "--why", " ")[0] == 1
    assert case(ledger, one.name).state == "assess"


def test_a_second_person_who_decides_otherwise_is_told_who_was_first(run: Run, one: CaseRow) -> None:
    run("incidents", "decide", one.name, "--significant", "--why", "ernstig", "--by", "jan")
    status, said = run("incidents", "decide", one.name, "--not-significant", "--why", "niets", "--by", "piet")
    assert (status, "jan decided at" in said, "Nothing was changed" in said) == (1, True, True)


def test_a_text_with_something_personal_in_it_is_refused_and_nothing_is_sent(
    run: Run, one: CaseRow, ledger: Ledger
) -> None:
    run("incidents", "decide", one.name, "--significant", "--why", "w")
    status, said = run("incidents", "notification", one.name, *CHOSEN, "--text", "bel 06-12345678")
    assert (status, "holds a telephone number" in said, "12345678" in said) == (1, True, False)
    assert case(ledger, one.name).state == "warned"


def test_a_wrong_choice_is_answered_with_the_right_ones(run: Run, one: CaseRow) -> None:
    status, said = run("incidents", "final", one.name, *CHOSEN, "--determination", "maybe", "--cause", "unknown")
    assert (status, "'failed-attempt' or 'false-positive'" in said) == (1, True)


def commands() -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_every_step_of_the_runbook_works_in_its_order(run: Run, one: CaseRow, ledger: Ledger) -> None:
    with ledger.transaction() as session:
        names = {"C-7": one.name, "C-8": open_in(session, at=datetime.now(UTC)).name}
    done = [step for step in commands() if step.startswith("kerndata ")]
    assert len(done) == len(commands()) == 8
    for step in done:
        words = [names.get(word, word) for word in shlex.split(step)]
        status, said = run(*words[1:])
        assert (status, step) == (0, step), said
    seven, eight = case(ledger, names["C-7"]), case(ledger, names["C-8"])
    assert (seven.state, seven.decision) == ("closed", "significant")
    assert (eight.state, eight.decision) == ("closed", "not-significant")
    with ledger.transaction() as session:
        assert list(record.phases(session, seven)) == list(Phase)
    assert [event.kind for event in history(ledger, eight.name)][-1] == "alert.closed"
