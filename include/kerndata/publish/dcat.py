"""DCAT-AP-NL 3.0: what catalogues (data.overheid.nl, data.europa.eu) take over of a release, and of all of them.

``dcat.ttl`` and ``dcat.jsonld`` stand in a release and say the same; ``catalog.ttl`` and ``catalog.jsonld`` at a fixed
address list all releases as a series. Addresses are relative to the file, so that no file names a machine. A term of
another vocabulary carries its type and label here: nothing has to be fetched to check it.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kerndata.contracts.code_lists import provinces
from kerndata.model.release import Release, ReleaseFile
from kerndata.publish.about import About
from kerndata.publish.datapackage import title_of
from kerndata.publish.rdf import Node, json_ld, turtle

_EU = "http://publications.europa.eu/resource/authority/"
_IANA = "http://www.iana.org/assignments/media-types/"
_TOOI = "https://identifier.overheid.nl/tooi/id/provincie/"
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_PROFILE = "https://modellen.geostandaarden.nl/dcat-ap-nl/"
_NAME = "kerndataset-energietransitie"
_TITLE = {"nl": "Kerndataset energietransitie", "en": "Core dataset energy transition"}
_ABOUT = {
    "nl": "Energie-indicatoren en energieprojecten van de twaalf provincies: samengevoegd, met versie en herkomst.",
    "en": "Energy indicators and projects of the twelve Dutch provinces: merged, versioned and traceable.",
}
_KEYWORDS = {
    "nl": ("energietransitie", "provincies", "windenergie", "zonne-energie"),
    "en": ("energy transition", "provinces", "wind energy", "solar energy"),
}
_FILE_TYPES: Mapping[str, str] = MappingProxyType(
    {"csv": "CSV", "geojson": "GEOJSON", "json": "JSON", "parquet": "PARQUET", "xlsx": "XLSX"}
)


def release_metadata(_folder: Path, told: About) -> Mapping[str, bytes]:
    """Describe one release: ``dcat.ttl`` and ``dcat.jsonld``."""
    nodes = [
        _dataset("", told.version, told.previous, told.root)
        | {"dcat:distribution": [_distribution(one) for one in told.files if title_of(one.name)]},
        _series(told.root),
        *_agents("dcat.ttl"),
    ]
    return {"dcat.ttl": turtle(nodes), "dcat.jsonld": json_ld(nodes)}


def catalogue(releases: Sequence[Release]) -> Sequence[Node]:
    """Describe all releases, newest first, as the members of a series; withdrawn ones with that status."""
    members = [_member(one) for one in releases]
    series = _series("") | {"dcat:seriesMember": [{"@id": one["@id"]} for one in members]}
    catalog = {
        "@id": "catalog.ttl#catalog",
        "@type": ["dcat:Catalog"],
        "dct:title": _texts({"nl": "Uitgaven van de kerndataset", "en": "Releases of the core dataset"}),
        "dct:description": _texts(_ABOUT),
        "dct:publisher": {"@id": "catalog.ttl#publisher"},
        "dct:creator": {"@id": "catalog.ttl#publisher"},
        "dcat:contactPoint": _contact(),
        "dct:license": _term(_LICENCE, "dct:LicenseDocument"),
        "dct:language": _languages(),
        "dct:conformsTo": _term(_PROFILE, "dct:Standard"),
        "dcat:themeTaxonomy": {
            **_term(f"{_EU}data-theme", "skos:ConceptScheme"),
            "dct:title": _texts({"nl": "Datathema's", "en": "Data themes"}),
        },
        "dcat:dataset": [{"@id": "catalog.ttl#series"}, *({"@id": one["@id"]} for one in members)],
    }
    return [catalog, series, *members, *_agents("catalog.ttl")]


def _member(release: Release) -> dict[str, Any]:
    place = f"releases/{release.version}/"
    node = _dataset(place, release.version, release.previous, "", publisher="catalog.ttl#publisher")
    if release.published_at:
        moment = release.published_at.isoformat(timespec="seconds")
        node["dct:issued"] = {"@value": moment, "@type": "xsd:dateTime"}
    if release.withdrawn_at:
        node["adms:status"] = _concept("dataset-status/WITHDRAWN", "ingetrokken", "withdrawn")
    return node


def _dataset(
    place: str, version: str, previous: str | None, root: str, publisher: str = "dcat.ttl#publisher"
) -> dict[str, Any]:
    """Describe a release; ``place`` is its folder as the file that is written sees it, ``root`` the fixed address."""
    beside = f"releases/{previous}/" if place else f"../{previous}/"
    before = {"dcat:previousVersion": {"@id": f"{beside}dcat.ttl#dataset"}} if previous else {}
    return {
        "@id": f"{place}dcat.ttl#dataset",
        "@type": ["dcat:Dataset"],
        "dct:title": _texts({language: f"{text} {version}" for language, text in _TITLE.items()}),
        "dct:description": _texts(_ABOUT),
        "dct:identifier": f"{_NAME}/{version}",
        "dcat:version": version,
        "dct:publisher": {"@id": publisher},
        **_common(),
        "dcat:inSeries": {"@id": f"{root}catalog.ttl#series"},
        **before,
        "adms:status": _concept("dataset-status/COMPLETED", "voltooid", "completed"),
        "dct:conformsTo": _term("https://datapackage.org/profiles/2.0/datapackage.json", "dct:Standard"),
        "dcat:landingPage": _term(f"{place}index.html", "foaf:Document"),
        "foaf:page": _term(f"{place}datapackage.json", "foaf:Document"),
    }


def _series(root: str) -> dict[str, Any]:
    publisher = f"{root}catalog.ttl#publisher"
    return {
        "@id": f"{root}catalog.ttl#series",
        "@type": ["dcat:DatasetSeries", "dcat:Dataset"],
        "dct:title": _texts(_TITLE),
        "dct:description": _texts(_ABOUT),
        "dct:identifier": _NAME,
        "dct:publisher": {"@id": publisher, "@type": ["foaf:Agent"], "foaf:name": "De twaalf provincies"},
        **_common(),
        "dct:accrualPeriodicity": _concept("frequency/IRREG", "onregelmatig", "irregular", "dct:Frequency"),
    }


def _common() -> dict[str, Any]:
    """What is so of every release and of the series."""
    return {
        "dct:creator": [{"@id": f"{_TOOI}{one.code.lower()}"} for one in provinces()],
        "dcat:contactPoint": _contact(),
        "dcat:keyword": [
            {"@value": word, "@language": language} for language, words in _KEYWORDS.items() for word in words
        ],
        "dcat:theme": [
            _concept("data-theme/ENER", "Energie", "Energy"),
            _concept("data-theme/ENVI", "Milieu", "Environment"),
        ],
        "dct:accessRights": _term(f"{_EU}access-right/PUBLIC", "dct:RightsStatement"),
        "dct:language": _languages(),
        "dct:spatial": _term(f"{_EU}country/NLD", "dct:Location"),
    }


def _distribution(file: ReleaseFile) -> dict[str, Any]:
    kind = file.name.rpartition(".")[2]
    return {
        "@id": f"dcat.ttl#{file.name}",
        "@type": ["dcat:Distribution"],
        "dct:title": {"@value": f"{title_of(file.name)} ({file.name})", "@language": "en"},
        "dcat:accessURL": {"@id": file.name},
        "dcat:downloadURL": {"@id": file.name},
        "dcat:mediaType": _term(_IANA + file.media_type.partition(";")[0], "dct:MediaType"),
        "dct:format": _term(f"{_EU}file-type/{_FILE_TYPES[kind]}", "dct:MediaTypeOrExtent"),
        "dcat:byteSize": {"@value": str(file.size_bytes), "@type": "xsd:nonNegativeInteger"},
        "spdx:checksum": {
            "@type": ["spdx:Checksum"],
            "spdx:algorithm": _term("http://spdx.org/rdf/terms#checksumAlgorithm_sha256", "spdx:ChecksumAlgorithm"),
            "spdx:checksumValue": {"@value": file.sha256, "@type": "xsd:hexBinary"},
        },
        "dct:license": _term(_LICENCE, "dct:LicenseDocument"),
        "dct:language": _languages(),
        "dct:conformsTo": _term("datapackage.json", "dct:Standard"),
    }


def _agents(file: str) -> Iterable[Node]:
    """Give the provinces, under their own addresses, and the twelve together."""
    yield {"@id": f"{file}#publisher", "@type": ["foaf:Agent"], "foaf:name": "De twaalf provincies"}
    for one in provinces():
        yield {"@id": f"{_TOOI}{one.code.lower()}", "@type": ["foaf:Agent"], "foaf:name": f"Provincie {one.name}"}


def _contact() -> Node:
    return {"@type": ["vcard:Organization", "vcard:Kind"], "vcard:fn": "De twaalf provincies"}


def _languages() -> list[Node]:
    return [_term(f"{_EU}language/{code}", "dct:LinguisticSystem") for code in ("NLD", "ENG")]


def _concept(path: str, dutch: str, english: str, kind: str = "skos:Concept") -> Node:
    label = "skos:prefLabel" if kind == "skos:Concept" else "rdfs:label"
    return {**_term(_EU + path, kind), label: _texts({"nl": dutch, "en": english})}


def _term(iri: str, kind: str) -> dict[str, Any]:
    return {"@id": iri, "@type": [kind]}


def _texts(by_language: Mapping[str, str]) -> list[Node]:
    return [{"@value": text, "@language": language} for language, text in by_language.items()]
