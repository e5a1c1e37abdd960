"""Linked data from one description: Turtle and JSON-LD that say the same, in a fixed order.

A node is a dict as JSON-LD writes it: ``@id`` (absolute, or relative to the file), ``@type``, and prefixed properties
whose values are text, ``{"@value": …, "@language" | "@type": …}``, another node, or a list of these. A node without
``@id`` is written where it stands.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Node = Mapping[str, Any]

PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "adms": "http://www.w3.org/ns/adms#",
        "dcat": "http://www.w3.org/ns/dcat#",
        "dct": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "spdx": "http://spdx.org/rdf/terms#",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }
)
_NAMED = ("@id", "@type")


def json_ld(nodes: Sequence[Node]) -> bytes:
    """Write nodes as JSON-LD with its context inside: nothing has to be fetched to read it."""
    document = {"@context": dict(PREFIXES), "@graph": list(nodes)}
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def turtle(nodes: Sequence[Node]) -> bytes:
    """Write nodes as Turtle, those with an ``@id`` as statements of their own."""
    head = "".join(f"@prefix {name}: <{space}> .\n" for name, space in PREFIXES.items())
    return (head + "\n" + "\n".join(f"{one}\n" for node in nodes for one in _statements(node))).encode()


def _statements(node: Node) -> Iterator[str]:
    """Give the statement about a named node, then those about the named nodes inside it."""
    if properties := _properties(node, "  "):
        yield f"<{node['@id']}>{properties} ."
    for inner in _inside(node):
        yield from _statements(inner)


def _inside(node: Node) -> Iterator[Node]:
    for key, given in node.items():
        for value in _listed(given) if key not in _NAMED else ():
            if not isinstance(value, Mapping) or "@value" in value:
                continue
            if "@id" in value:
                yield value
            else:
                yield from _inside(value)


def _properties(node: Node, indent: str) -> str:
    lines = [f"a {', '.join(_listed(node['@type']))}"] if "@type" in node else []
    for key, given in node.items():
        if key not in _NAMED:
            lines.append(f"{key} {', '.join(_object(value, indent) for value in _listed(given))}")
    return " ;".join(f"\n{indent}{line}" for line in lines)


def _object(value: Any, indent: str) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if "@value" in value:
        text = json.dumps(value["@value"], ensure_ascii=False)
        return f"{text}@{value['@language']}" if "@language" in value else f"{text}^^{value['@type']}"
    if "@id" in value:
        return f"<{value['@id']}>"
    return f"[{_properties(value, indent + '  ')}\n{indent}]"


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]
