"""The machine it is asked on: room to work, and the version of Python."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from kerndata.alerting.policy import load_policy
from kerndata.doctor.finding import Finding, ill, well


def look(work: Path) -> Iterator[Finding]:
    """Give what is found; ``work`` is the folder for temporary files."""
    usage = shutil.disk_usage(work)
    share = 100 * (usage.total - usage.free) / usage.total
    told = f"{work}: {share:.0f} % used, {usage.free / 2**30:.1f} GiB free"
    if share >= load_policy().thresholds.disk_pct:
        yield ill("disk", told, "Make room; docs/runbooks/disk-nearly-full.md says where.")
    else:
        yield well("disk", told)
    yield well("Python", f"{sys.version.split()[0]} at {sys.executable}")
