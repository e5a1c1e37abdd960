"""``feed.xml``: an Atom feed (RFC 4287) of what was published and withdrawn, the newest first.

Ids are UUIDs (version 5) of the event, so that they are the same whoever writes the feed and never move with its
address; links are relative to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape

from kerndata.model.release import Release

MOST_ENTRIES = 50
_NAME = "https://provincies.nl/kerndataset"


@dataclass(frozen=True, slots=True)
class _Entry:
    at: datetime
    key: str
    title: str
    summary: str
    link: str


def feed(releases: Sequence[Release]) -> bytes:
    """Write the feed of all releases; the last fifty events are in it."""
    entries = sorted(_entries(releases), key=lambda one: (one.at, one.key), reverse=True)[:MOST_ENTRIES]
    updated = entries[0].at if entries else datetime.fromtimestamp(0, UTC)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="nl">',
        f"  <id>{_id('feed')}</id>",
        "  <title>Kerndataset energietransitie: uitgaven</title>",
        "  <subtitle>Releases of the core dataset energy transition of the twelve Dutch provinces</subtitle>",
        f"  <updated>{_moment(updated)}</updated>",
        "  <author><name>De twaalf provincies</name></author>",
        '  <link rel="self" type="application/atom+xml" href="feed.xml"/>',
        '  <link rel="alternate" type="text/turtle" href="catalog.ttl"/>',
        "  <rights>CC BY 4.0</rights>",
        *(line for one in entries for line in _lines(one)),
        "</feed>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _entries(releases: Sequence[Release]) -> Iterator[_Entry]:
    for one in releases:
        place = f"releases/{one.version}/"
        if one.published_at:
            after = f", na {one.previous} / after {one.previous}" if one.previous else ""
            summary = (
                f"Uitgave {one.version} is gepubliceerd / is published{after}. Inhoud / content: {one.content_hash}."
            )
            title = f"Kerndataset {one.version}"
            yield _Entry(one.published_at, f"{one.version}/published", title, summary, f"{place}RELEASE.md")
        if one.withdrawn_at:
            summary = f"Uitgave {one.version} is ingetrokken / was withdrawn: {one.withdrawn_why}"
            title = f"Kerndataset {one.version} ingetrokken (withdrawn)"
            yield _Entry(one.withdrawn_at, f"{one.version}/withdrawn", title, summary, f"{place}WITHDRAWN.md")


def _lines(one: _Entry) -> Iterator[str]:
    yield "  <entry>"
    yield f"    <id>{_id(one.key)}</id>"
    yield f"    <title>{escape(one.title)}</title>"
    yield f"    <updated>{_moment(one.at)}</updated>"
    yield f"    <published>{_moment(one.at)}</published>"
    yield f'    <link rel="alternate" type="text/markdown" href="{one.link}"/>'
    yield f"    <summary>{escape(one.summary)}</summary>"
    yield "  </entry>"


def _id(key: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{_NAME}/{key}')}"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
