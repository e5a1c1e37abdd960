"""When what has to be done about a case: ``incidents.yaml`` beside this module."""

import calendar
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from kerndata.errors import ConfigurationError
from kerndata.model.incident import Phase
from kerndata.sources.base import Strict

FILE = Path(__file__).with_name("incidents.yaml")
_SHORTEST_MONTH_HOURS = 28 * 24

Hours = Annotated[float, Field(gt=0)]


class Clock(Strict):
    """How long each step may take, counted from when the case was opened."""

    decide_within_hours: Hours
    early_warning_hours: Hours
    notification_hours: Hours
    final_months: Annotated[int, Field(ge=1, le=12)]

    @model_validator(mode="after")
    def _one_after_the_other(self) -> Self:
        if not self.decide_within_hours < self.early_warning_hours < self.notification_hours < _SHORTEST_MONTH_HOURS:
            raise ValueError("decide_within_hours < early_warning_hours < notification_hours < a month must hold")
        return self

    def decide_by(self, opened_at: datetime) -> datetime:
        """When the early warning is sent by itself."""
        return opened_at + timedelta(hours=self.decide_within_hours)

    def deadline(self, phase: Phase, opened_at: datetime) -> datetime:
        """When a phase has to be at the CSIRT."""
        if phase is Phase.FINAL:
            return _months_later(opened_at, self.final_months)
        hours = self.early_warning_hours if phase is Phase.EARLY_WARNING else self.notification_hours
        return opened_at + timedelta(hours=hours)


@cache
def load_clock(path: Path = FILE) -> Clock:
    """Read the file; raises ConfigurationError naming the file and every wrong key."""
    try:
        return Clock.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"incidents/{path.name}: {error}") from error


def utc(moment: datetime) -> str:
    """A moment for a person: ``2026-05-01 08:00 UTC``."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _months_later(moment: datetime, months: int) -> datetime:
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
