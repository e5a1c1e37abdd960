"""``kerndata verify``: anyone can tell whether a release is what was published, and is told what is wrong."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from tests.unit.published_folder import SIGNER, VERSION, publish_to
from typer.testing import CliRunner

from kerndata.cli import app
from kerndata.errors import ConfigurationError, KerndataError, NotChecked
from kerndata.publish.check import check
from kerndata.publish.signature import is_valid, signed, signer_of

OTHER = signer_of("0f" * 32)
RELEASE = f"releases/{VERSION}"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published") / "kerndataset"
    root.mkdir()
    publish_to(root)
    return root


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(whole, tmp_path / "kerndataset"))


def faults(where: Path | str, pem: bytes | None = None) -> tuple[str, ...]:
    return check(str(where), requests.Session(), pem).faults


def files_of(root: Path) -> list[Path]:
    return sorted(path for path in (root / RELEASE).rglob("*") if path.is_file())


def flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


@pytest.mark.parametrize("where", ["latest.json", "", f"{RELEASE}", f"{RELEASE}/"])
def test_a_release_as_published_holds_wherever_it_is_named(root: Path, where: str) -> None:
    proof = check(f"{root}/{where}", requests.Session())
    assert proof.faults == ()
    assert (proof.version, proof.signed_by, proof.withdrawn) == (VERSION, SIGNER.public.fingerprint, None)
    assert proof.files == len(files_of(root))


def edit(change: Callable[[Any], None]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        told = json.loads(path.read_bytes())
        change(told)
        path.write_text(json.dumps(told), encoding="utf-8")

    return apply


SPOILED: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "data": (f"{RELEASE}/national.csv", flip, "national.csv holds other bytes"),
    "parquet": (f"{RELEASE}/indicators.parquet", flip, "indicators.parquet holds other bytes"),
    "gone": (f"{RELEASE}/coverage.csv", Path.unlink, "coverage.csv is gone"),
    "extra": (f"{RELEASE}/extra.csv", Path.touch, "extra.csv was not published with it"),
    "manifest": (
        f"{RELEASE}/datapackage.json",
        edit(lambda told: told["resources"][0].update(hash="sha256:0")),
        "datapackage.json and SHA256SUMS do not agree on aggregates.csv",
    ),
    "manifest of another": (
        f"{RELEASE}/datapackage.json",
        edit(lambda told: told.update(version="2026.9")),
        "datapackage.json is that of release 2026.9",
    ),
    "manifest cut off": (
        f"{RELEASE}/datapackage.json",
        lambda path: path.write_bytes(b"{"),
        "datapackage.json is not readable",
    ),
    "sums": (f"{RELEASE}/SHA256SUMS", flip, "the signature does not match SHA256SUMS"),
    "sums gone": (f"{RELEASE}/SHA256SUMS", Path.unlink, "has no SHA256SUMS"),
    "sums no list": (f"{RELEASE}/SHA256SUMS", lambda path: path.write_bytes(b"x\n"), "is not a list of checksums"),
    "signature": (f"{RELEASE}/SHA256SUMS.sig", flip, "the signature does not match SHA256SUMS"),
    "signature gone": (f"{RELEASE}/SHA256SUMS.sig", Path.unlink, "has no signature"),
    "key's name": (f"{RELEASE}/SHA256SUMS.key", flip, "SHA256SUMS.key holds other bytes"),
    "key": (f"keys/{SIGNER.public.fingerprint}.pem", flip, "key"),
    "key replaced": (
        f"keys/{SIGNER.public.fingerprint}.pem",
        lambda path: path.write_bytes(OTHER.public.pem),
        f"signed by key {SIGNER.public.fingerprint}, but the key given or found is {OTHER.public.fingerprint}",
    ),
    "key gone": (f"keys/{SIGNER.public.fingerprint}.pem", Path.unlink, "is not at its address"),
    "pointer": (
        "latest.json",
        edit(lambda told: told["files"][0].update(sha256="0" * 64)),
        "latest.json and SHA256SUMS do not agree on RELEASE.md",
    ),
    "pointer's content": (
        "latest.json",
        edit(lambda told: told.update(content_hash="0" * 64)),
        "latest.json names another content",
    ),
    "pointer cut off": ("latest.json", lambda path: path.write_bytes(b"{"), "latest.json is not readable"),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_each_kind_of_fault_has_its_own_sentence(root: Path, kind: str) -> None:
    name, spoil, sentence = SPOILED[kind]
    spoil(root / name)
    assert any(sentence in one for one in faults(root / "latest.json")), faults(root / "latest.json")


def test_a_flipped_byte_in_any_file_is_found(root: Path) -> None:
    for path in files_of(root):
        kept = path.read_bytes()
        flip(path)
        assert any(path.name in one for one in faults(root / RELEASE)), path.name
        path.write_bytes(kept)
    assert faults(root / RELEASE) == ()


def test_a_forger_with_a_key_of_his_own_is_found_by_who_brings_the_real_key(root: Path) -> None:
    for name in (SIGNER.public.fingerprint, "current"):
        (root / f"keys/{name}.pem").write_bytes(OTHER.public.pem)
    sums = root / RELEASE / "SHA256SUMS"
    for name, body in signed(OTHER, sums.read_bytes()).items():
        (root / RELEASE / name).write_bytes(body)
    (root / f"keys/{OTHER.public.fingerprint}.pem").write_bytes(OTHER.public.pem)
    (root / "latest.json").unlink()
    assert faults(root / RELEASE) == ()
    [fault] = faults(root / RELEASE, SIGNER.public.pem)
    assert SIGNER.public.fingerprint in fault


def test_the_signature_is_the_same_every_time_and_openssl_agrees(root: Path) -> None:
    sums, signature = (root / RELEASE / name for name in ("SHA256SUMS", "SHA256SUMS.sig"))
    assert signature.read_bytes() == signer_of("5e" * 32).sign(sums.read_bytes())
    assert len(signature.read_bytes()) == 64
    assert is_valid(SIGNER.public.pem, signature.read_bytes(), sums.read_bytes())
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", str(root / "keys/current.pem")]
    command += ["-in", str(sums), "-sigfile", str(signature)]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "Signature Verified Successfully\n"
    flip(sums)
    assert subprocess.run(command, capture_output=True).returncode == 1


@pytest.mark.parametrize("seed", ["", "abc", "zz" * 32, "00" * 31])
def test_a_wrong_private_key_is_refused_without_repeating_it(seed: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        signer_of(seed)
    assert not seed or seed not in str(refused.value)


def test_a_withdrawn_release_is_genuine_but_says_so(root: Path) -> None:
    (root / RELEASE / "WITHDRAWN.json").write_text('{"why": "10.1 stond er als 1.1"}', encoding="utf-8")
    proof = check(str(root / RELEASE), requests.Session())
    assert (proof.faults, proof.withdrawn) == ((), "10.1 stond er als 1.1")
    done = CliRunner().invoke(app, ["verify", str(root / RELEASE)])
    assert done.exit_code == 3
    assert "10.1 stond er als 1.1" in done.stdout


def test_what_is_no_release_is_not_checked(root: Path, tmp_path: Path) -> None:
    with pytest.raises(KerndataError, match="no folder and no http"):
        faults(tmp_path / "nowhere")
    with pytest.raises(KerndataError, match="holds no release"):
        faults(tmp_path)
    (root / "latest.json").write_text('{"version": null, "withdrawn": "2026.1", "files": []}', encoding="utf-8")
    with pytest.raises(KerndataError, match=r"No release stands: 2026.1 was withdrawn"):
        faults(root / "latest.json")


def test_the_command_says_it_by_its_exit_status(root: Path) -> None:
    run = partial(CliRunner().invoke, app)
    assert run(["verify", str(root / "latest.json")]).exit_code == 0
    keyed = ["verify", str(root), "--key", str(root / "keys/current.pem")]
    assert "found at its fixed address" not in run(keyed).stdout
    (root / RELEASE / "national.csv").unlink()
    done = run(["verify", str(root)])
    assert done.exit_code == 1
    assert "national.csv is gone" in done.stdout
    assert isinstance(run(["verify", str(root / "nowhere")]).exception, NotChecked)  # main() makes that status 2


ALONE = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"airflow", "boto3", "botocore", "duckdb", "pandas", "pyarrow", "sqlalchemy"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Refuse())
from kerndata.cli import main
main()
"""


def test_it_needs_none_of_what_the_exchange_runs_on(root: Path) -> None:
    command = [sys.executable, "-c", ALONE, "verify"]
    done = subprocess.run([*command, str(root)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"release {VERSION}" in done.stdout
    assert subprocess.run([*command, str(root / "nowhere")], capture_output=True).returncode == 2


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address(root: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root.parent))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/kerndataset"
        server.shutdown()
        thread.join()


def test_it_reads_an_address_as_well(root: Path, address: str) -> None:
    for where in (f"{address}/latest.json", f"{address}/{RELEASE}", f"{address}/{RELEASE}/"):
        assert faults(where) == ()
    flip(root / RELEASE / "projects.csv")
    for where in (f"{address}/latest.json", f"{address}/{RELEASE}"):
        assert [one for one in faults(where) if "projects.csv holds other bytes" in one]
    (root / RELEASE / "projects.csv").unlink()
    assert [one for one in faults(f"{address}/latest.json") if "projects.csv is gone" in one]
    with pytest.raises(KerndataError, match="could not be read"):
        faults("http://127.0.0.1:9/kerndataset/latest.json")
