"""What a person reads about a held candidate, and what of their note ends in the release."""

from dataclasses import replace
from datetime import UTC, datetime

from kerndata.merge.classification import Change, Classification, Reason, Tally
from kerndata.model.hold import Hold, HoldState, Run
from kerndata.publish.notes import quoted
from kerndata.publish.review import body, subject

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PAGES = f"quality/candidates/2026.3/{'ab' * 32}"
FOUND = Classification(
    previous="2026.3",
    tallies=[
        Tally("indicators", "PV20", had=40, has=41, new=1, within=2, beyond=5, vanished=0),
        Tally("projects", "PV22", had=9, has=8, new=0, within=0, beyond=0, vanished=1),
        Tally("indicators", "PV31", had=40, has=40, new=0, within=0, beyond=0, vanished=0),
    ],
    reasons=[
        Reason("revised beyond the band", "PV20", "5 of 40 indicators (12 %)", "5 % and 3"),
        Reason("vanished", "NL01", "70 altogether", "60"),
    ],
    largest=[
        Change("indicators", "PV20", "H3.4", "PV20", "2024", "totaal", None, None, "beyond", "916", "1374", "50.0"),
        Change("indicators", "PV20", "H3.4", "GM0014", "2023", "zon", None, None, "beyond", "0", "5", None),
        Change("projects", "PV22", None, None, None, None, "W|1 <b>", None, "vanished", "Wind\npark", None, None),
    ],
)
HOLD = Hold(
    content_hash="ab" * 32,
    previous="2026.3",
    candidate="2026.3/abab/cd",
    inputs="",
    summary={},
    state=HoldState.WAITING,
    run=Run("merge_kerndataset", "run"),
    opened_at=NOW,
    answer_by=NOW,
    decided_at=None,
    decided_by=None,
    note=None,
    superseded_by=None,
)


def test_the_subject_says_what_is_asked_and_the_first_reason() -> None:
    assert subject(FOUND) == ("Release the kerndataset after 2026.3? Groningen: revised beyond the band and 1 more")


def test_the_body_says_what_stands_what_changed_where_and_what_each_answer_does() -> None:
    lines = body(FOUND, HOLD).splitlines()

    assert lines[0].startswith("**Release 2026.3 is visible and stays so until you answer.**")
    for line in (
        "| Groningen | revised beyond the band | 5 of 40 indicators (12 %) | 5 % and 3 |",
        "| All provinces | vanished | 70 altogether | 60 |",
        "| Groningen | indicators | 40 | 1 | 2 | 5 | 0 |",
        "| together |  | 49 | 1 | 2 | 5 | 1 |",
        "Nothing changed in Limburg.",
        f"What was checked of it, for engineers: `{PAGES}/indicators.html` and `{PAGES}/projects.html`.",
        "| Groningen | H3.4 Onshore wind capacity 2024 | 916 | 1374 | +50 % |",
        "| Groningen | H3.4 Onshore wind capacity 2023 of GM0014, zon | 0 | 5 | beyond |",
        "* **No answer** before 2026-03-02 10:00 (Amsterdam) counts as reject.",
    ):
        assert line in lines
    for answer in ("Approve", "Approve with a note", "Reject", "No answer"):
        assert any(line.startswith(f"* **{answer}**") for line in lines), answer


def test_what_a_province_typed_opens_no_cell_line_or_html() -> None:
    assert "| Drenthe | project W\\|1 \\<b\\> | Wind park | – | vanished |" in body(FOUND, HOLD).splitlines()


def test_it_says_where_the_rest_is_when_only_the_largest_are_shown() -> None:
    assert "changes.csv" not in body(FOUND, HOLD)
    many = replace(FOUND, largest=[FOUND.largest[0]] * 20)
    assert "These are the first 20; all are in `changes.csv` in `staging/candidates/2026.3/abab/cd`." in body(
        many, HOLD
    )


def test_a_note_is_quoted_and_stays_text() -> None:
    assert quoted("  # Kop\n<script>\x00\x1b[31m \\ C:\\x\n\n| a |  \n") == (
        "> # Kop\n> \\<script>[31m \\\\ C:\\\\x\n>\n> | a |"
    )
    assert quoted(" \n") == ""
