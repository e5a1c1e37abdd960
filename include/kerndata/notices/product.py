"""The product page of the release series: its texts from ``product.yaml``, and the message that publishes them."""

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kerndata.errors import ConfigurationError
from kerndata.notices.endpoints import Language
from kerndata.notices.payloads import Payload, ReleasePublished, ReleaseWithdrawn

FILE = Path(__file__).with_name("product.yaml")
SUBJECT = "product"  # one for all releases: an older page may never arrive after a newer one
_HERE = ZoneInfo("Europe/Amsterdam")

Text = Annotated[str, Field(min_length=1)]
Uri = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Link(_Strict):
    """A link on the page."""

    label: Text
    url: Uri


class Words(_Strict):
    """The page in one language. ``{version}`` becomes the release that stands; ``without``: when none does."""

    title: Annotated[str, Field(min_length=1, max_length=100)]
    text: Text
    without: Text
    links: tuple[Link, ...] = ()


class Product(_Strict):
    """The product as the SDG knows it: its uniform product name, whom it is for, who answers for it, its texts."""

    upn_uri: Uri
    audience: Literal["eu-bedrijf", "eu-burger"]
    organisation: Uri
    words: dict[Language, Words]


@cache
def load_product(path: Path = FILE) -> Product:
    """Read the file; raises ConfigurationError naming the file and every wrong key."""
    try:
        product = Product.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"notices/{path.name}: {error}") from error
    if set(product.words) != {"nl", "en"}:
        raise ConfigurationError(f"notices/{path.name}: words: the SDG wants the page in nl and in en")
    return product


def page(product: Product, payload: Payload) -> bytes:
    """The page after a release was published or withdrawn; the same bytes for the same event."""
    if isinstance(payload, ReleasePublished):
        return _page(product, payload.version, payload.published_at)
    if isinstance(payload, ReleaseWithdrawn):
        return _page(product, payload.stands, payload.withdrawn_at)
    raise ValueError(f"{payload.name} is no news for a product page; it subscribes to releases only")


def _page(product: Product, version: str | None, moment: datetime) -> bytes:
    document = {
        "upnUri": product.upn_uri,
        "doelgroep": product.audience,
        "publicatieDatum": _day(moment).isoformat(),
        "productAanwezig": True,
        "verantwoordelijkeOrganisatie": {"owmsIdentifier": product.organisation},
        "locaties": [],
        "vertalingen": [_translation(name, product.words[name], version) for name in ("nl", "en")],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _day(moment: datetime) -> date:
    return moment.astimezone(_HERE).date()


def _translation(language: str, words: Words, version: str | None) -> dict[str, Any]:
    return {
        "taal": language,
        "titel": words.title,
        "tekst": words.text.replace("{version}", version) if version else words.without,
        "links": [{"label": one.label, "url": one.url} for one in words.links],
    }
