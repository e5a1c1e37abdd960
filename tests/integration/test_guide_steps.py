"""The steps of the province's guide, read from its page and run as they stand there, on the real S3 as a province.

Only the placeholders and the name of the bucket are filled in, and ``use_https`` is turned off: the embedded server
speaks plain http.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.docs.screenshots import SAMPLE, with_mistakes

from kerndata.local.stack import REPOSITORY, Stack
from kerndata.store import keys
from kerndata.store.client import Store

GUIDE = (REPOSITORY / "docs" / "how-to" / "leveren.md").read_text(encoding="utf-8")
SLUG = "fryslan"  # in Drenthe's inbox, of which the guide speaks, other tests look for what is new
INBOX, SUBMISSION = keys.inbox(SLUG), "S-2f6c0b7a91d4e853"
PROJECTS = SAMPLE.parents[1] / "projects" / "Windparken.xlsx"
CONFIGURATION = {"rclone": ".config/rclone/rclone.conf", "s3cmd": ".s3cfg", "aws": ".aws/config"}
SECTIONS = {"rclone": "### rclone", "s3cmd": "### s3cmd", "aws": "### AWS CLI"}
RECEIPT = {f"{SUBMISSION}.html": b"<!DOCTYPE html><p>Ontvangstbewijs</p>", f"{SUBMISSION}.json": b'{"version": 1}\n'}


def blocks(heading: str, language: str) -> list[str]:
    """Every block of code in a language below a heading of the guide, up to the next heading."""
    [section] = re.findall(rf"^{re.escape(heading)}\n(.*?)(?=^#{{2,3}} |\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Desk:
    """A steward's computer: a home, a folder with files, and nothing of our environment."""

    home: Path
    work: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {"HOME": str(self.home), "PATH": path, "LANG": "C.UTF-8"}
        return subprocess.run(command, cwd=self.work, env=environment, capture_output=True, text=True, timeout=60)

    def follow(self, block: str, status: int = 0) -> str:
        done = self.run("bash", "-eu", "-c", block)
        assert done.returncode == status, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "home", tmp_path / "een map")
    for folder in (made.home, made.work / "klaar" / "indicators", made.work / "klaar" / "projects"):
        folder.mkdir(parents=True)
    shutil.copy(SAMPLE, made.work / "klaar" / "indicators")
    shutil.copy(PROJECTS, made.work / "klaar" / "projects")
    return made


@pytest.fixture
def words(stack_services: Stack, store: Store) -> Mapping[str, str]:
    """What a province was given, by the placeholder in the guide; its bucket holds a receipt."""
    for name, body in RECEIPT.items():
        store.put(INBOX, f"{keys.RECEIPTS}{name}", body, content_type="application/octet-stream")
    key = stack_services.secrets.s3[SLUG]
    server = f"localhost:{stack_services.ports.s3}"  # a name, not an address: only so path style makes a difference
    return {
        "<adres>": f"http://{server}",
        "<server>": server,
        "<sleutel>": key.access_key,
        "<geheim>": key.secret_key,
        "inbox-drenthe": INBOX,
        "use_https = True": "use_https = False",
    }


def filled_in(text: str, words: Mapping[str, str]) -> str:
    for word, given in words.items():
        text = text.replace(word, given)
    assert not re.search(r"<[a-z]+>", text), text
    return text


def versions(store: Store) -> Counter[str]:
    return Counter(one.key for one in store.versions(INBOX, keys.DROP))


def sha256_of_newest(store: Store, key: str, folder: Path) -> str:
    newest = max((one for one in store.versions(INBOX, key) if one.key == key), key=lambda one: one.last_modified)
    return store.fetch(INBOX, key, folder / "newest", newest.version).sha256


def assert_delivered(store: Store, before: Counter[str], desk: Desk) -> None:
    """The workbook came twice (alone and with all others), the projects once; the receipt is on the computer."""
    new = versions(store) - before
    assert new == {f"drop/indicators/{SAMPLE.name}": 2, f"drop/projects/{PROJECTS.name}": 1}
    for source, key in ((SAMPLE, f"drop/indicators/{SAMPLE.name}"), (PROJECTS, f"drop/projects/{PROJECTS.name}")):
        expected = hashlib.sha256(source.read_bytes()).hexdigest()
        assert sha256_of_newest(store, key, desk.home) == expected
    fetched = {name: (desk.work / "ontvangstbewijzen" / name).read_bytes() for name in RECEIPT}
    assert fetched == RECEIPT


@pytest.mark.stack
@pytest.mark.parametrize("client", CONFIGURATION)
def test_delivering_fetching_and_withdrawing_with_a_client(
    client: str, desk: Desk, words: Mapping[str, str], store: Store
) -> None:
    if not shutil.which(client) or desk.run(client, "--version").returncode:
        pytest.skip(f"{client} is not installed here: its steps in leveren.md were not tried")
    configuration = desk.home / CONFIGURATION[client]
    assert f"`~/{CONFIGURATION[client]}`" in GUIDE
    configuration.parent.mkdir(parents=True, exist_ok=True)
    [settings] = blocks(SECTIONS[client], "ini")
    configuration.write_text(filled_in(settings, words), encoding="utf-8")
    before = versions(store)
    [steps] = blocks(SECTIONS[client], "bash")
    desk.follow(filled_in(steps, words))
    assert_delivered(store, before, desk)
    [empty, *ways] = blocks("## 7. Trek in", "bash")
    [way] = [one for one in ways if one.startswith(client)]
    before = versions(store)
    desk.follow(filled_in(empty + way, words))
    assert versions(store) - before == {f"drop/withdraw/{SUBMISSION}": 1}


@pytest.mark.stack
def test_delivering_and_fetching_with_python(desk: Desk, words: Mapping[str, str], store: Store) -> None:
    [program] = blocks("### Python", "python")
    before = versions(store)
    done = desk.run(sys.executable, "-c", filled_in(program, words))
    assert done.returncode == 0, done.stderr
    assert_delivered(store, before, desk)


def test_checking_a_good_file_and_then_one_with_mistakes_beside_the_last(desk: Desk) -> None:
    plain, everything = blocks("## 1. Controleer vooraf", "bash")
    assert "45 goed" in desk.follow(plain)
    (desk.work / "oud").mkdir()
    current = desk.work / "klaar" / "indicators" / SAMPLE.name
    shutil.move(current, desk.work / "oud")
    with_mistakes(current)
    assert "2 geweigerd" in desk.follow(everything, status=1)
    assert "Vergeleken met uw vorige levering" in (desk.work / "bevindingen.html").read_text(encoding="utf-8")
    assert (desk.work / "gemarkeerd.xlsx").read_bytes().startswith(b"PK")


def test_making_the_templates(desk: Desk) -> None:
    [lines] = blocks("## 2. Gebruik het sjabloon", "bash")
    desk.follow(lines)
    made = {path.name for path in desk.work.glob("sjabloon_*")}
    assert made == {
        "sjabloon_indicators_drenthe.xlsx",
        "sjabloon_projects_drenthe.csv",
        "sjabloon_projects_drenthe_uitleg.txt",
    }
