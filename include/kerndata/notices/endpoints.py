"""Who receives notices: ``endpoints.yaml``, validated."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from kerndata.errors import ConfigurationError

Kind = Literal[
    "release", "held", "overdue", "refused", "alert", "security", "receipt", "reminder", "digest", "statistics"
]
ChannelName = Literal["cloudevents", "webhook", "sdg_pdc", "sdg_statistics", "taxii", "mail"]
Language = Literal["nl", "en"]

UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"

# A channel can carry only what its message format has a shape for. Security events are marked TLP:AMBER+STRICT: they go
# over TAXII and nowhere else.
_EVENTS: frozenset[Kind] = frozenset({"release", "held", "overdue", "refused"})
CARRIES: dict[ChannelName, frozenset[Kind]] = {
    "cloudevents": _EVENTS,
    "webhook": _EVENTS | {"alert"},
    "sdg_pdc": frozenset({"release"}),
    "sdg_statistics": frozenset({"statistics"}),
    "taxii": frozenset({"security"}),
    "mail": frozenset({"receipt", "reminder", "digest", "alert"}),
}


class ScheduleName(StrEnum):
    """Which retry schedule an endpoint follows: ``URGENT`` for messages with a legal deadline."""

    STANDARD = "standard"
    URGENT = "urgent"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Publisher(_Strict):
    """Who we are in a message: OIN and system name for CloudEvents, a STIX identity for TAXII.

    ``schemas``: the public address of the folder with the schemas of our events.
    """

    name: Annotated[str, Field(min_length=1)]
    oin: Annotated[str, Field(pattern=r"^[0-9]{20}$")]
    system: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    identity: Annotated[str, Field(pattern=f"^identity--{UUID4}$")]
    since: AwareDatetime
    schemas: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")]

    @property
    def source(self) -> str:
        """The CloudEvents ``source``: URN with namespace ``nld``, as the NL GOV profile 1.1 advises."""
        return f"urn:nld:oin:{self.oin}:systeem:{self.system}"


class _Head(_Strict):
    publisher: Publisher


class Endpoint(_Strict):
    """One receiver. ``connection`` names the Airflow connection with its address and secrets.

    ``language``: of the sentence in each event, and of a digest.
    ``rate_per_second``: at most so many requests a second, as many as it can take when left out. After ``probe_after``
    failures in a row that heal by themselves, one notice every ``probe_every_seconds`` tries whether it answers again.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    channel: ChannelName
    subscribes: Annotated[tuple[Kind, ...], Field(min_length=1)]
    connection: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    schedule: ScheduleName
    language: Language = "nl"
    rate_per_second: Annotated[float | None, Field(gt=0, le=1000)] = None
    probe_after: Annotated[int, Field(ge=1, le=100)] = 5
    probe_every_seconds: Annotated[float, Field(gt=0, le=3600)] = 60
    publisher: Publisher

    @model_validator(mode="after")
    def _channel_carries_what_is_subscribed(self) -> "Endpoint":
        unfit = sorted(set(self.subscribes) - CARRIES[self.channel])
        if unfit:
            fit = ", ".join(sorted(CARRIES[self.channel]))
            raise ValueError(f"channel {self.channel} cannot carry {', '.join(unfit)}; it carries {fit}")
        return self


def load(path: Path | None = None) -> tuple[Endpoint, ...]:
    """The endpoints of ``path``, or of the ``endpoints.yaml`` beside this module.

    Raises ConfigurationError naming the file and every wrong key.
    """
    _, endpoints = _load(path)
    return endpoints


def load_publisher(path: Path | None = None) -> Publisher:
    """Who we are, from the same file; also where it has no endpoint."""
    publisher, _ = _load(path)
    return publisher


def _load(path: Path | None) -> tuple[Publisher, tuple[Endpoint, ...]]:
    name = str(path) if path else "notices/endpoints.yaml"
    text = (path or resources.files("kerndata.notices") / "endpoints.yaml").read_text(encoding="utf-8")
    try:
        document = yaml.safe_load(text)
        publisher = _Head.model_validate({"publisher": document["publisher"]}).publisher
        entries = _entries(document)
        endpoints = tuple(Endpoint.model_validate({**entry, "publisher": publisher}) for entry in entries)
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{name}: {_explain(error)}") from error
    twice = sorted({e.name for e in endpoints if sum(e.name == other.name for other in endpoints) > 1})
    if twice:
        raise ConfigurationError(f"{name}: endpoint name used twice: {', '.join(twice)}")
    return publisher, endpoints


def find(endpoints: tuple[Endpoint, ...], name: str) -> Endpoint:
    """The endpoint of that name; ConfigurationError when a notice waits for an endpoint that is configured no more."""
    for endpoint in endpoints:
        if endpoint.name == name:
            return endpoint
    known = ", ".join(endpoint.name for endpoint in endpoints)
    raise ConfigurationError(f"Endpoint {name!r} is not in notices/endpoints.yaml (known: {known}); its notices wait.")


def subscribed(endpoints: Iterable[Endpoint], kind: Kind) -> list[Endpoint]:
    """The endpoints that receive this kind of notice."""
    return [endpoint for endpoint in endpoints if kind in endpoint.subscribes]


def _entries(document: dict[str, Any]) -> list[dict[str, Any]]:
    unknown = sorted(set(document) - {"publisher", "endpoints"})
    if unknown:
        raise ValueError(f"unknown key {', '.join(unknown)}; expected publisher, endpoints")
    entries: list[dict[str, Any]] = document["endpoints"]
    return entries


def _explain(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'endpoint'}: {e['msg']}" for e in error.errors())
    if isinstance(error, KeyError):
        return f"key {error} is missing"
    return str(error)


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, the form that STIX, TAXII and CloudEvents share: 2026-01-31T09:30:00.000Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
