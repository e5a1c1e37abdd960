"""The one policy of alerts: ``policy.yaml`` beside this module, validated."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from kerndata.errors import ConfigurationError
from kerndata.model.alert import AlertKind
from kerndata.sources.base import Strict, Text
from kerndata.sources.contact import Address

FILE = Path(__file__).with_name("policy.yaml")


class Rule(Strict):
    """What is told of one kind of alert; ``over``: whether each of a kind is told when it ends, or only the last."""

    severity: Literal["critical", "warning"]
    over: Literal["each", "all"]
    says: Text
    stands: Text
    runbook: Annotated[str, Field(pattern=r"^[a-z][a-z-]*$")]


class Thresholds(Strict):
    """From when something is an alert: minutes, runs in a row, percent of a disk, GiB per bucket."""

    unanswered_minutes: Annotated[float, Field(gt=0)]
    failures: Annotated[int, Field(ge=1)]
    merge_minutes: Annotated[float, Field(gt=0)]
    disk_pct: Annotated[float, Field(gt=0, le=100)]
    buckets_gib: Mapping[str, Annotated[float, Field(gt=0)]]


class Policy(Strict):
    """All of it; ``mail``: the team that mails of alerts go to, ``runbooks``: the address of their folder."""

    mail: Address
    runbooks: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")]
    thresholds: Thresholds
    alerts: Mapping[AlertKind, Rule]

    @model_validator(mode="after")
    def _every_kind(self) -> "Policy":
        missing = sorted(set(AlertKind) - set(self.alerts))
        if missing:
            raise ValueError(f"alerts: no entry for {', '.join(missing)}")
        return self

    def runbook(self, kind: AlertKind) -> str:
        """Return the address of the page that says what to do."""
        return f"{self.runbooks.rstrip('/')}/{self.alerts[kind].runbook}.md"


@cache
def load_policy(path: Path = FILE) -> Policy:
    """Read the file; raises ConfigurationError naming the file and every wrong key."""
    try:
        return Policy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"alerting/{path.name}: {error}") from error
