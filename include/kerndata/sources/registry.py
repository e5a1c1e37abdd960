"""Loads the source YAMLs of this folder and joins each with its province from the code list."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from kerndata.errors import ConfigurationError
from kerndata.model.province import Province
from kerndata.sources.contact import Contact
from kerndata.sources.places import told
from kerndata.sources.schema import DeliverySpec, SourceSpec
from kerndata.sources.via import BucketVia

FOLDER = Path(__file__).parent
DROP = "drop/"


@dataclass(frozen=True, slots=True)
class Source:
    """One province as an exchange partner; ``deliveries`` by name, ``templates`` those that every province has."""

    province: Province
    contact: Contact
    deliveries: Mapping[str, DeliverySpec]
    refuse_threshold_pct: float | None = None
    templates: frozenset[str] = frozenset()

    def own(self) -> dict[str, DeliverySpec]:
        """Return the deliveries that the province's own YAML describes."""
        return {name: spec for name, spec in self.deliveries.items() if name not in self.templates}

    def match(self, key: str) -> DeliverySpec | None:
        """Return the delivery an inbox key (``drop/…``) belongs to, or None."""
        name = self.delivery_name(key)
        return self.deliveries[name] if name else None

    def delivery_name(self, key: str) -> str | None:
        """Return the name of that delivery; raises ``ConfigurationError`` when two patterns claim one key."""
        path = key.removeprefix(DROP)
        names = [
            name
            for name, spec in self.deliveries.items()
            if isinstance(spec.via, BucketVia) and _glob(spec.via.bucket).fullmatch(path)
        ]
        # a template says by its name what it is, also where a wide pattern of the province (*.xlsx) fits it too
        names = [name for name in names if name in self.templates] or names
        if len(names) > 1:
            raise ConfigurationError(
                f"sources/{self.province.slug}.yaml: {key!r} matches the patterns of {' and '.join(names)}; "
                "make one of their via.bucket patterns narrower"
            )
        return names[0] if names else None

    def patterns(self) -> list[str]:
        """Return the globs below ``drop/`` by which deliveries are recognised."""
        return [spec.via.bucket for spec in self.deliveries.values() if isinstance(spec.via, BucketVia)]

    def threshold_pct(self, delivery: str, default: float) -> float:
        """Return the share of refused rows (percent) over which this delivery is refused whole."""
        own = self.deliveries[delivery].refuse_threshold_pct
        chosen = own if own is not None else self.refuse_threshold_pct
        return default if chosen is None else chosen


def load_sources(folder: Path = FOLDER) -> dict[str, Source]:
    """Return every source by slug, in order of the slug."""
    return {path.stem: load_file(path) for path in sorted(folder.glob("*.yaml"))}


@cache
def load_source(slug: str) -> Source:
    """Return one source; raises ``ConfigurationError`` naming the file when it is absent or wrong."""
    path = FOLDER / f"{slug}.yaml"
    if path not in FOLDER.glob("*.yaml"):
        raise ConfigurationError(f"no source {slug!r}: sources/{slug}.yaml does not exist")
    return load_file(path)


def load_file(path: Path, slug: str | None = None) -> Source:
    """Read one source YAML; ``slug`` when the file has another name than its province (a draft).

    Raises ``ConfigurationError`` with the file, and line, key and what was expected of everything that is wrong.
    """
    from kerndata.contracts.code_lists import province_of  # here: the reader's child process needs only the formats
    from kerndata.sources.review import review
    from kerndata.sources.sjabloon import template_deliveries

    where, text = path.name if slug else f"sources/{path.name}", path.read_text(encoding="utf-8")
    spec = _parsed(where, text)
    try:
        province = province_of(spec.province)
    except LookupError as error:
        raise ConfigurationError(f"{where}: province {spec.province!r} is not in the code list") from error
    problems = list(review(spec, province))
    if province.slug != (slug or path.stem):
        problems.append((("province",), f"{spec.province} belongs in sources/{province.slug}.yaml"))
    if problems:
        raise ConfigurationError(told(where, text, problems))
    templates = template_deliveries(province, spec.deliveries)
    return Source(province, spec.contact, spec.deliveries | templates, spec.refuse_threshold_pct, frozenset(templates))


def _parsed(where: str, text: str) -> SourceSpec:
    try:
        given = yaml.load(text, Loader=StrictLoader)  # noqa: S506 - a CSafeLoader, see below
        return SourceSpec.model_validate(given)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    except ValidationError as error:
        problems = [(one["loc"], one["msg"].removeprefix("Value error, ")) for one in error.errors()]
        raise ConfigurationError(told(where, text, problems)) from error


def _glob(pattern: str) -> re.Pattern[str]:
    """Compile a glob whose ``*`` and ``?`` stay inside one folder."""
    parts = (re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.compile("".join({r"\*": "[^/]*", r"\?": "[^/]"}.get(part, part) for part in parts))


class StrictLoader(yaml.CSafeLoader):
    """YAML that refuses a key given twice (plain YAML silently keeps the last)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Make a mapping; raises ConstructorError for a key given twice."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is given twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)
