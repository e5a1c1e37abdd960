"""The same submissions give the same bytes wherever and however often they are merged."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

from tests.unit.merge_rows import all_twelve, figure, give, wind_farm

PROGRAM = """
import pickle, sys
from pathlib import Path

from kerndata.merge.engine import Resources
from kerndata.publish.candidate import build
from kerndata.publish.signature import signer_of
from kerndata.publish.texts import about, described, texts
from kerndata.store.keys import SUMS

given, work, threads = sys.argv[1:]
signer = signer_of("5e" * 32)
inputs = pickle.loads(Path(given).read_bytes())
candidate = build(inputs, None, work=Path(work), code_version="abc", resources=Resources(threads=int(threads)))
made = texts(candidate, about(candidate, "2026.1"))
for one in (*candidate.files, *described(made)):
    print(one.sha256, one.name)
print(signer.sign(made[SUMS]).hex(), "signature")
"""
PLACES = {
    "one thread in Amsterdam": ("1", {"TZ": "Europe/Amsterdam", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}),
    "two threads in Kathmandu": ("2", {"TZ": "Asia/Kathmandu", "LC_ALL": "nl_NL.UTF-8", "PYTHONHASHSEED": "2"}),
    "a second run, plain C": ("2", {"TZ": "UTC", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONHASHSEED": "3"}),
}


def test_threads_zones_locales_and_hash_seeds_change_no_byte(tmp_path: Path) -> None:
    flags = {"quality_flags": "I-YOY"}
    more = give(tmp_path, 90, "PV20", [figure("PV20", "0.5", period=f"20{year}", **flags) for year in range(10, 24)])
    projects = [give(tmp_path, 91, "PV24", [wind_farm("PV24", "W1", name="Energiepark ’t Zand")], "projects")]
    given = tmp_path / "given"
    given.write_bytes(pickle.dumps({"indicators": [*all_twelve(tmp_path), more], "projects": projects}))
    running = []
    for place, (threads, environment) in PLACES.items():
        work = tmp_path / place
        work.mkdir()
        command = [sys.executable, "-c", PROGRAM, str(given), str(work), threads]
        running.append(subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True))
    outcomes = [one.communicate(timeout=120)[0] for one in running]

    assert [one.returncode for one in running] == [0, 0, 0]
    assert outcomes[0].count("\n") >= 20
    for other in outcomes[1:]:
        assert other == outcomes[0]
