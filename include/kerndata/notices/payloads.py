"""What our own events tell: one model per kind of event, with a version, published as JSON Schema.

The schema stands in ``docs/reference/notices`` and beside the releases; the event's ``dataschema`` names it. A field
may be added with a new minor version; whatever an old reader would misread takes a new major one. Only names, codes,
hashes, moments and counts are here: there is no field that a cell value, a mail address or file content would fit in.
"""

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints
from pydantic.alias_generators import to_camel

from kerndata.notices.endpoints import Kind, Language, instant

VERSION = "1.0"
MOST_REASONS = 20
MOST_SUBJECTS = 20

Moment = Annotated[AwareDatetime, PlainSerializer(instant, return_type=str, when_used="json")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16,64}$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}\.[1-9][0-9]*$")]
Province = Annotated[str, StringConstraints(pattern=r"^PV[0-9]{2}$")]
Place = Annotated[str, StringConstraints(pattern=r"^(PV[0-9]{2}|NL01)$")]
Word = Annotated[str, StringConstraints(pattern=r"^[\w.+-]{1,60}$")]
Count = Annotated[int, Field(ge=0)]


class Payload(BaseModel):
    """The ``data`` of an event. ``summary`` says it in one sentence, in the subscriber's language.

    ``identity_form``: the event's id, the same whenever the same thing is told again. ``subject_form``: what it is
    about; events about one subject arrive in order.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)

    kind: ClassVar[Kind]
    name: ClassVar[str]
    moment: ClassVar[str]
    identity_form: ClassVar[str]
    subject_form: ClassVar[str]
    sentences: ClassVar[dict[Language, str]]

    summary: Annotated[str, Field(min_length=1, max_length=300)] = "-"

    @property
    def identity(self) -> str:
        """The event's id."""
        return self._put(self.identity_form, "-")

    @property
    def subject(self) -> str:
        """What the event is about."""
        return self._put(self.subject_form, "-")

    @property
    def happened_at(self) -> str:
        """When it happened, as the field that ``moment`` names says."""
        return instant(getattr(self, self.moment))

    def told(self, language: Language) -> "Payload":
        """The payload with its summary in ``language``."""
        return self.model_copy(update={"summary": self._put(self.sentences[language], _NONE[language])})

    def _put(self, form: str, none: str) -> str:
        fields = {key: none if value is None else value for key, value in self}
        return form.format_map(fields | {"short": str(fields.get("content_hash", ""))[:16]})


_NONE: dict[Language, str] = {"nl": "geen", "en": "none"}


def sequence(version: str) -> str:
    """``2026.3`` as ``2026.000003``, so that text order is release order; ValueError when it is not year.number."""
    year, number = version.split(".")
    return f"{int(year):04d}.{int(number):06d}"


class ReleasePublished(Payload):
    """A release became visible. ``counts`` are rows per dataset and the like; ``url`` is its manifest."""

    kind = "release"
    name = "kerndataset-gepubliceerd"
    moment = "published_at"
    identity_form = "kerndataset-{version}-{short}"
    subject_form = "{version}"
    sentences: ClassVar[dict[Language, str]] = {
        "nl": "Uitgave {version} van de kerndataset energietransitie is gepubliceerd.",
        "en": "Release {version} of the energy transition core dataset was published.",
    }

    version: Version
    content_hash: Hash
    published_at: Moment
    sequence: str
    url: str
    counts: dict[Word, Count]


class ReleaseWithdrawn(Payload):
    """A release was withdrawn. ``stands``: the release to use now, if any; the reason is at ``url``."""

    kind = "release"
    name = "kerndataset-ingetrokken"
    moment = "withdrawn_at"
    identity_form = "kerndataset-{version}-{short}-ingetrokken"
    subject_form = "{version}"
    sentences: ClassVar[dict[Language, str]] = {
        "nl": "Uitgave {version} van de kerndataset energietransitie is ingetrokken; nu geldt: {stands}.",
        "en": "Release {version} of the energy transition core dataset was withdrawn; what stands now: {stands}.",
    }

    version: Version
    content_hash: Hash
    withdrawn_at: Moment
    sequence: str
    url: str
    stands: Version | None


class Reason(BaseModel):
    """A threshold that was passed, and where: a province's CBS code, or NL01."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: Annotated[str, Field(max_length=120)]
    where: Place


class ReleaseHeld(Payload):
    """A candidate waits for a person until ``answer_by``; release ``previous`` stands meanwhile."""

    kind = "held"
    name = "kerndataset-aangehouden"
    moment = "held_at"
    identity_form = "kerndataset-{short}-aangehouden-{answer_by:%Y%m%dT%H%M%SZ}"
    subject_form = "candidate-{short}"
    sentences: ClassVar[dict[Language, str]] = {
        "nl": "Een nieuwe uitgave wacht op een beslissing (redenen: {reason_count}); {previous} geldt.",
        "en": "A new release waits for a decision (reasons: {reason_count}); {previous} stands.",
    }

    content_hash: Hash
    previous: Version
    held_at: Moment
    answer_by: Moment
    reasons: Annotated[tuple[Reason, ...], Field(max_length=MOST_REASONS)]
    reason_count: Count


class ProvinceOverdue(Payload):
    """A province has not delivered what was due."""

    kind = "overdue"
    name = "levering-te-laat"
    moment = "noticed_at"
    identity_form = "levering-{province}-{delivery}-{period}-te-laat"
    subject_form = "{province}/{delivery}"
    sentences: ClassVar[dict[Language, str]] = {
        "nl": "{province} heeft {delivery} over {period} niet geleverd; verwacht op {due_on}.",
        "en": "{province} has not delivered {delivery} for {period}; it was due on {due_on}.",
    }

    province: Province
    delivery: Word
    period: Word
    due_on: date
    noticed_at: Moment


class DeliveryRefused(Payload):
    """A delivery was refused whole. ``rules``: how often each rule was not met; the receipt has the rest.

    The file's name is not here: it is free text, and people put people's names in it.
    """

    kind = "refused"
    name = "levering-geweigerd"
    moment = "refused_at"
    identity_form = "levering-{submission}-{revision}-geweigerd"
    subject_form = "{submission}"
    sentences: ClassVar[dict[Language, str]] = {
        "nl": "Levering {submission} van {province} is geweigerd; er is niets van overgenomen.",
        "en": "Delivery {submission} of {province} was refused; nothing of it was taken over.",
    }

    submission: Word
    revision: Annotated[int, Field(ge=1)]
    province: Province
    dataset: Word | None
    sha256: Hash
    size_bytes: Count
    refused_at: Moment
    observed: Count
    refused: Count
    rules: dict[Word, Count]


class AlertTold(Payload):
    """Something our own people have to look at began, or is over; ``url`` is the page that says what to do.

    ``about``: slugs, names of endpoints, ids; at most twenty of ``about_count``. The ledger has the details.
    """

    kind = "alert"
    name = "kerndata-waarschuwing"
    moment = "told_at"
    identity_form = "waarschuwing-{number}-{state}"
    subject_form = "{alert}"
    sentences: ClassVar[dict[Language, str]] = {
        "nl": "Waarschuwing {alert} ({severity}, {state}): {about_count}.",
        "en": "Alert {alert} ({severity}, {state}): {about_count}.",
    }

    alert: Word
    number: Count
    state: Literal["open", "over"]
    severity: Literal["critical", "warning"]
    about: Annotated[tuple[Word, ...], Field(max_length=MOST_SUBJECTS)]
    about_count: Count
    stands: Annotated[str, Field(max_length=300)]
    url: str
    told_at: Moment


EVENTS: tuple[type[Payload], ...] = (
    ReleasePublished,
    ReleaseWithdrawn,
    ReleaseHeld,
    ProvinceOverdue,
    DeliveryRefused,
    AlertTold,
)


def schema_name(payload: type[Payload]) -> str:
    """The file name of a payload's schema: its event's name and the version of the payloads."""
    return f"{payload.name}-{VERSION}.schema.json"


def schema(payload: type[Payload]) -> dict[str, Any]:
    """The JSON Schema of a payload, as published."""
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"{payload.name} {VERSION}"}
    made = payload.model_json_schema(mode="serialization", by_alias=True)
    return about | {key: told for key, told in made.items() if key != "title"}
