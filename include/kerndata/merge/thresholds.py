"""When a candidate waits for a person: ``holds.yaml`` beside this module."""

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from kerndata.errors import ConfigurationError
from kerndata.sources.base import Strict

FILE = Path(__file__).with_name("holds.yaml")

Percent = Annotated[float, Field(gt=0, le=100)]
Count = Annotated[int, Field(ge=1)]


class Bands(Strict):
    """How many per cent a figure may move, by the status it had; ``project`` for the figures of projects."""

    definitief: Percent
    nader_voorlopig: Percent
    voorlopig: Percent
    schatting: Percent
    project: Percent


class Share(Strict):
    """Both must be reached: so many per cent of what a province had, and so many keys."""

    share_pct: Percent
    at_least: Count


class Thresholds(Strict):
    """What a candidate may change without a person looking at it, and how long a person may take."""

    bands_pct: Bands
    beyond_band: Share
    vanished: Share
    beyond_band_altogether: Count
    vanished_altogether: Count
    extreme_factor: Annotated[float, Field(gt=1)]
    province_gone: bool
    reconciliation: bool
    answer_within_hours: Annotated[float, Field(gt=0)]


@cache
def load_thresholds(path: Path = FILE) -> Thresholds:
    """Read the file; raises ConfigurationError naming the file and every wrong key."""
    try:
        return Thresholds.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"merge/{path.name}: {error}") from error
