"""Bodies are hashed, metadata travels in headers, and keys are spelled in one place."""

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from kerndata.store import keys
from kerndata.store.objects import content, from_headers, to_headers


@given(st.dictionaries(st.sampled_from(["file_name", "province"]), st.text(st.characters(codec="utf-8"))))
def test_any_metadata_reads_back_unchanged_and_is_safe_in_a_header(metadata: dict[str, str]) -> None:
    headers = to_headers(metadata)

    assert from_headers(headers) == metadata
    assert all(value.isascii() and value.isprintable() for value in headers.values())


def test_a_file_and_its_bytes_have_the_same_hash(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_bytes(b"wind")

    assert content(file).sha256 == content(b"wind").sha256 == hashlib.sha256(b"wind").hexdigest()


def test_keys_are_those_of_the_design() -> None:
    assert keys.inbox("noord_holland") == "inbox-noord-holland"
    assert keys.raw_key("fryslan", "ab" * 32) == "raw/fryslan/" + "ab" * 32
    assert keys.accepted_key("S-1") == "accepted/S-1.parquet"
    assert keys.refused_key("drenthe", "S-1") == "drenthe/S-1.parquet"
    assert keys.receipt_key("S-1", "html") == "receipts/S-1.html"
    assert keys.release_key("2026.1", "national.csv") == "kerndataset/releases/2026.1/national.csv"
