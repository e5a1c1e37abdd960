"""The product page in the Dutch SDG input facility, PDC API 1.8: ``GET …/producten``, then ``POST …/producten``.

The connection's address is the API's, with its version: ``https://host/api/v1``; its password is the token
(``Authorization: Token …``). The receiver makes a new version of the page for every POST, the same one twice too. So
the page that is there is compared first, and sent only when a reader would see another one; an acknowledgement that was
lost is recognised by the same comparison at the next attempt. ``publicatieDatum`` is not compared: a new date on the
same words is no change to the page. Delivered on 201, or when the page is there already.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kerndata.errors import ConfigurationError
from kerndata.notices.channels import Answer, Message
from kerndata.notices.transport import Reply, Transport

CONTENT_TYPE = "application/json"
PATH = "/producten"
MOST_PAGES = 10
_COMPARED = ("upnUri", "doelgroep", "productAanwezig")


def send(transport: Transport, message: Message, now: datetime) -> Answer:
    """Send the page unless it is there already."""
    del now  # what is sent was fixed when it was enqueued
    wanted = json.loads(message.payload)
    looked = _look(transport, wanted)
    if looked is not None:
        return looked
    headers = _headers(transport) | {"Content-Type": message.content_type}
    reply = transport.request("POST", PATH, headers=headers, body=message.payload)
    return Answer(reply, confirmed=reply.status == 201)


def same_page(wanted: Mapping[str, Any], there: Any) -> bool:
    """Whether a reader of ``there`` sees what ``wanted`` says; what the receiver adds of its own does not matter."""
    if not isinstance(there, dict) or _organisation(wanted) != _organisation(there):
        return False
    if any(_plain(wanted.get(name)) != _plain(there.get(name)) for name in _COMPARED):
        return False
    found = {one.get("taal"): one for one in _list(there, "vertalingen") if isinstance(one, dict)}
    return all(_same_words(one, found.get(one["taal"], {})) for one in wanted["vertalingen"])


def _look(transport: Transport, wanted: Mapping[str, Any]) -> Answer | None:
    """The answer that ends this attempt: the page is there, or nobody can tell; None when it has to be sent."""
    filters = {
        "upnUri": wanted["upnUri"],
        "doelgroep": wanted["doelgroep"],
        "organisatieOwmsIdentifier": _organisation(wanted),
    }
    for number in range(1, MOST_PAGES + 1):
        paging = {"page": number} if number > 1 else {}
        reply = transport.request("GET", PATH, headers=_headers(transport), params=filters | paging)
        listed = _listed(reply)
        if listed is None:
            return Answer(reply, confirmed=False)
        if any(same_page(wanted, one) for one in _list(listed, "results")):
            return Answer(reply, confirmed=True)
        if not listed.get("next"):
            return None
    return None


def _listed(reply: Reply) -> dict[str, Any] | None:
    try:
        document = json.loads(reply.body) if reply.status == 200 else None
    except ValueError:
        return None
    return document if isinstance(document, dict) and "results" in document else None


def _headers(transport: Transport) -> dict[str, str]:
    credentials = transport.credentials
    if not credentials.secret:
        raise ConfigurationError(
            f"No token for {credentials.url}: give its connection the password that its owner issued. The notice waits."
        )
    return {"Authorization": f"Token {credentials.secret}", "Accept": "application/json"}


def _organisation(product: Mapping[str, Any]) -> str:
    organisation = product.get("verantwoordelijkeOrganisatie")
    return str(organisation.get("owmsIdentifier", "")) if isinstance(organisation, dict) else ""


def _same_words(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    return all(_plain(told) == _plain(there.get(name)) for name, told in wanted.items())


def _plain(value: Any) -> Any:
    """A value as a reader sees it: line ends and spaces are the editor's, empty is absent."""
    if isinstance(value, str):
        return " ".join(value.split()) or None
    if isinstance(value, list):
        return [_plain(one) for one in value] or None
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    entries = document.get(key)
    return entries if isinstance(entries, list) else []
