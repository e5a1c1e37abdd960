"""What a person fills in for a notification or a final report, and what keeps the free text clean.

The choices are those of the OASIS Incident Core extension 2.0 (oasis-open/cti-stix-common-objects), but the cause: the
five root causes of ENISA's incident reporting, and that it is not known yet. Numbers and choices leak nothing; the text
is refused when it holds what may be personal or secret.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from kerndata.contracts.code_lists import provinces
from kerndata.errors import KerndataError
from kerndata.notices.redact import without_secrets
from kerndata.quality import personal

MOST_TEXT = 1000
_NUMBER = re.compile(r"\d{9,}")
_SPACED = re.compile(r"(?<!\d)\d(?:[ .-]?\d){8}(?!\d)")
_OUR_IDS = re.compile(r"\b(?:[SN]-[0-9a-f]{16}|[0-9a-f]{64})\b")
_ADDRESSED = re.compile(
    rf"\b(?:[Dd]hr|[Mm]evr(?:ouw)?|[Mm]w|[Hh]eer|Mrs?|Ms|Miss)\b\.?\s+{personal.PARTICLES}[A-ZÀ-Ý]"  # MW is megawatt
)
_PERSON = re.compile(rf"(?<![\w.])(?:{personal.PERSON.pattern})")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")

Criticality = Literal["false-positive", "low", "moderate", "high", "extreme"]
Determination = Literal["suspected", "confirmed", "blocked", "failed-attempt", "false-positive"]
IncidentType = Literal[
    "exploit-attempt",
    "known-malware",
    "misconfiguration",
    "policy-violation",
    "theft-access-credentials",
    "unauthorized-access-information",
    "unauthorized-release",
    "unauthorized-use",
    "undetermined",
    "unintentional",
]
Cause = Literal[
    "human-error", "malicious-action", "natural-phenomenon", "system-failure", "third-party-failure", "unknown"
]
Confidentiality = Literal["none", "contained", "suspected-loss", "confirmed-loss", "exploited-loss"]
Integrity = Literal[
    "none",
    "potential-modification",
    "partial-modification",
    "full-modification",
    "potential-destruction",
    "partial-destruction",
    "full-destruction",
]
Recoverability = Literal["regular", "supplemented", "extended", "not-recoverable", "not-applicable"]
Measure = Literal[
    "administrative",
    "containment",
    "eradication",
    "exercised-control",
    "external-outreach",
    "external-support",
    "implemented-control",
    "investigation",
    "recovery",
    "victim-notification",
]
Count = Annotated[int | None, Field(ge=0, le=100_000_000)]


class Report(BaseModel):
    """One notification or final report as a person fills it in. A number left out is not known.

    What is wrong is told without what was filled in: that may be what has to stay here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    determination: Annotated[Determination, Field(description="What it turned out to be.")] = "suspected"
    criticality: Annotated[Criticality, Field(description="How bad it is.")]
    incident_type: Annotated[IncidentType, Field(description="What kind of event.")] = "undetermined"
    cause: Annotated[Cause, Field(description="Root cause, as far as it is known.")] = "unknown"
    confidentiality: Annotated[Confidentiality, Field(description="Loss of confidentiality.")]
    integrity: Annotated[Integrity, Field(description="Change or destruction of data.")]
    recoverability: Annotated[Recoverability, Field(description="What recovery takes.")]
    cross_border: Annotated[Literal["yes", "no", "unknown"], Field(description="Does it touch other countries?")] = (
        "unknown"
    )
    measures: Annotated[tuple[Measure, ...], Field(description="Measures taken.")] = ()
    provinces: Annotated[tuple[str, ...], Field(description="Affected provinces, by CBS code (PV27).")] = ()
    organisations: Annotated[Count, Field(description="Organisations affected.")] = None
    individuals: Annotated[Count, Field(description="Persons whose data are affected.")] = None
    text: Annotated[str, StringConstraints(strip_whitespace=True), Field(description="Nothing personal.")] = ""

    @field_validator("measures", "provinces")
    @classmethod
    def _once_in_order(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(given)))

    @field_validator("provinces")
    @classmethod
    def _known(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        codes = {one.code for one in provinces()}
        if set(given) - codes:
            raise ValueError(f"not all are codes of provinces; known are {', '.join(sorted(codes))}")
        return given

    @field_validator("text")
    @classmethod
    def _clean(cls, given: str) -> str:
        if why := unfit(given):
            raise ValueError(f"{why}. Say it without; whoever needs more asks by telephone")
        return given


def filled_in(fields: Mapping[str, Any]) -> Report:
    """Make a report of what a person gave; raises KerndataError that names every wrong field, and changes nothing."""
    try:
        return Report.model_validate(fields)
    except ValidationError as error:
        told = [f"{'.'.join(map(str, one['loc'])) or 'report'}: {one['msg']}" for one in error.errors()]
        raise KerndataError("; ".join(told) + ". Nothing was sent.") from None  # it repeats the text


def unfit(text: str) -> str | None:
    """Say why a text may not leave the exchange, without repeating what is in it; None when it may."""
    if len(text) > MOST_TEXT:
        return f"the text has {len(text)} characters, at most {MOST_TEXT} go"
    if kind := _personal(text):
        return f"the text holds a {kind}"
    if _CONTROL.search(text) or without_secrets(text) != text:
        return "the text holds a secret, or a character that is no text"
    return None


def _personal(text: str) -> str | None:
    text = _OUR_IDS.sub("", text)
    if kind := personal.kind_of_text(text, bare=True):
        return personal.WORDS_EN[kind]
    if "@" in text:
        return "mail address"
    spaced = (re.sub(r"\D", "", found[0]) for found in _SPACED.finditer(text))
    if _NUMBER.search(text) or any(map(personal.passes_eleven_test, spaced)):
        return "long number"
    return "name of a person" if _ADDRESSED.search(text) or _PERSON.search(text) else None
