"""What the embedded stack decides before anything starts: ports, secrets, rights, configuration."""

import base64
import json
import socket
import stat
from pathlib import Path

import pytest

from kerndata.contracts.code_lists import provinces
from kerndata.errors import ConfigurationError
from kerndata.local.airflow_connections import connections
from kerndata.local.rights import policies
from kerndata.local.secrets import load_or_create
from kerndata.local.settings import PROGRAMS, Paths, Ports, Profile, free_base_port, is_free

SLUGS = tuple(province.slug for province in provinces())


def test_every_port_of_a_stack_is_used_once() -> None:
    wanted = Ports(18000).wanted()
    assert len(wanted) == 17
    assert {program for program, _ in wanted.values()} <= set(PROGRAMS[Profile.FULL])


def test_a_taken_port_is_named_with_who_wants_it_and_how_to_change_it() -> None:
    ports = Ports(free_base_port())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports.s3))
        taken.listen()
        with pytest.raises(ConfigurationError) as refused:
            ports.check(("seaweedfs",))
    message = str(refused.value)
    assert f"port {ports.s3} for SeaweedFS S3 is in use" in message
    assert f"base port (now {ports.base})" in message


def test_a_taken_port_of_a_program_that_is_not_started_does_not_matter() -> None:
    ports = Ports(free_base_port())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports.s3))
        taken.listen()
        assert not is_free(ports.s3)
        ports.check(("postgres",))


@pytest.mark.parametrize("base", [80, 60000])
def test_a_base_port_that_does_not_fit_is_refused(base: int) -> None:
    with pytest.raises(ConfigurationError, match="does not fit"):
        Ports(base).check(("postgres",))


def test_secrets_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = load_or_create(file, SLUGS)
    assert load_or_create(file, SLUGS) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_secrets_of_an_earlier_version_get_what_they_lack_and_keep_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    lacking = {"signing_key", "pdc_token", "collect_key", "webhook_secret"}
    first = load_or_create(file, SLUGS).model_dump(exclude=lacking)
    file.write_text(json.dumps(first), encoding="utf-8")
    completed = load_or_create(file, SLUGS)
    assert len(completed.signing_key) == 64
    assert len(base64.b64decode(completed.webhook_secret.removeprefix("whsec_"))) == 32
    assert completed.model_dump(exclude=lacking) == first
    assert load_or_create(file, SLUGS) == completed


def test_two_stacks_share_no_secret(tmp_path: Path) -> None:
    one = load_or_create(tmp_path / "one.json", SLUGS).model_dump()
    other = load_or_create(tmp_path / "other.json", SLUGS).model_dump()
    assert all(one[name] != other[name] for name in one)


def test_a_broken_secrets_file_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text("{}")
    with pytest.raises(ConfigurationError, match="Remove the whole state folder"):
        load_or_create(file, SLUGS)


def test_the_state_folder_is_not_readable_for_others(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "state")
    paths.make()
    assert stat.S_IMODE(paths.run.stat().st_mode) == 0o700
    assert stat.S_IMODE(paths.logs.stat().st_mode) == 0o700


def test_a_province_may_do_three_things_only() -> None:
    content = {policy["name"]: json.loads(policy["content"]) for policy in policies(SLUGS)}
    allowed = {(action, tuple(s["Resource"])) for s in content["noord_holland"]["Statement"] for action in s["Action"]}
    inbox = "arn:aws:s3:::inbox-noord-holland"
    assert allowed == {
        ("s3:PutObject", (f"{inbox}/drop/*",)),
        ("s3:AbortMultipartUpload", (f"{inbox}/drop/*",)),
        ("s3:GetObject", (f"{inbox}/receipts/*",)),
        ("s3:ListBucket", (inbox,)),
    }


def test_only_the_operator_can_delete_outside_staging_and_quality() -> None:
    for policy in policies(SLUGS):
        for statement in json.loads(policy["content"])["Statement"]:
            if any("Delete" in action or "*" in action for action in statement["Action"]):
                assert (policy["name"], statement["Resource"]) == (
                    "exchange",
                    ["arn:aws:s3:::staging/*", "arn:aws:s3:::quality/*"],
                )


def test_airflow_gets_its_connections(tmp_path: Path) -> None:
    made = connections(Ports(18000), load_or_create(tmp_path / "secrets.json", SLUGS))
    assert set(made) == {
        "kerndata_ledger",
        "kerndata_s3",
        "kerndata_signing",
        "kerndata_digest",
        "kerndata_cloudevents",
        "kerndata_taxii",
        "kerndata_sdg_pdc",
        "kerndata_sdg_statistics",
        "kerndata_webhook",
        "kerndata_province_api",
        "kerndata_cbs",
        "kerndata_smtp",
    }
    assert all(json.loads(connection)["conn_type"] for connection in made.values())
