"""The two SDG receivers: the Dutch product pages (``sdg_pdc.yaml``) and the Commission's statistics.

Both are made from their OpenAPI document and can be made to misbehave (kerndata.local.counterparts.misbehave).
"""

from hmac import compare_digest
from pathlib import Path
from uuid import uuid4

from kerndata.local.counterparts.journal import Effect, Journal
from kerndata.local.counterparts.openapi import Answer, Asked, ProblemError
from kerndata.local.counterparts.stub import Stub


class Pdc(Stub):
    """Product pages. Its journal has every version that was published: the same page sent twice is in it twice."""

    def __init__(self, host: str, port: int, journal: Path, token: str) -> None:
        self.token = token
        super().__init__(host, port, "sdg_pdc.yaml", Journal(journal, lambda one: (one["uuid"], one["versie"])))
        self.operations |= {"listed": self._listed, "published": self._published}

    def authenticate(self, asked: Asked) -> None:
        """Reading is open to all; raise ProblemError 401 for a token that is not ours, or none where one is needed."""
        given = asked.headers.get("Authorization", "")
        if (asked.method == "post" or given) and not compare_digest(given.encode(), f"Token {self.token}".encode()):
            raise ProblemError(401, "Ongeldige token")

    def pages(self) -> list[Effect]:
        """The newest version of each page."""
        return list({_page_of(one): one for one in self.journal.events}.values())

    def _listed(self, asked: Asked) -> Answer:
        named = {"upnUri": asked.query.get("upnUri"), "doelgroep": asked.query.get("doelgroep")}
        organisation = asked.query.get("organisatieOwmsIdentifier")
        found = [
            one
            for one in self.pages()
            if all(value is None or one[name] == value for name, value in named.items())
            and organisation in {None, one["verantwoordelijkeOrganisatie"]["owmsIdentifier"]}
        ]
        return Answer(200, {"count": len(found), "next": None, "previous": None, "results": found})

    def _published(self, asked: Asked) -> Answer:
        offered = asked.document
        if sorted(one["taal"] for one in offered["vertalingen"]) != ["en", "nl"]:
            raise ProblemError(400, "vertalingen: nl en en, elk een keer")
        before = next((one for one in self.pages() if _page_of(one) == _page_of(offered)), None)
        identity = before["uuid"] if before else str(uuid4())
        made = {
            **offered,
            "uuid": identity,
            "url": f"http://counterpart/api/v1/producten/{identity}",
            "versie": before["versie"] + 1 if before else 1,
        }
        self.journal.accept(made)
        return Answer(201, made)


def _page_of(product: Effect) -> tuple[str, str, str]:
    return product["upnUri"], product["doelgroep"], product["verantwoordelijkeOrganisatie"]["owmsIdentifier"]


class Collect(Stub):
    """Statistics. Its journal has the ids it gave and what came with them; the last of one id is what counts."""

    def __init__(self, host: str, port: int, journal: Path, key: str) -> None:
        self.key = key
        super().__init__(host, port, "sdg_collect.yaml", Journal(journal, str))
        self.operations |= {"issued": self._issued, "received": self._received}

    def authenticate(self, asked: Asked) -> None:
        """Raise ProblemError 403 unless the key is ours."""
        if not compare_digest(asked.headers.get("x-api-key", "").encode(), self.key.encode()):
            raise ProblemError(403, "Forbidden")

    def months(self) -> list[Effect]:
        """What counts: the last statistics of each id."""
        sent = [one for one in self.journal.events if "sources" in one]
        return list({one["uniqueId"]: one for one in sent}.values())

    def _issued(self, asked: Asked) -> Answer:
        del asked
        identity = str(uuid4())
        self.journal.accept({"issued": identity})
        return Answer(200, identity)

    def _received(self, asked: Asked) -> Answer:
        sent = asked.document
        if sent["uniqueId"] not in {one.get("issued") for one in self.journal.events}:
            raise ProblemError(400, "uniqueId: not one that was given here")
        if sent["nbEntries"] != len(sent["sources"]):
            raise ProblemError(400, "nbEntries: not the number of sources")
        self.journal.accept(sent)
        return Answer(200, {})
