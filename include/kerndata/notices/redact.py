"""What never leaves the exchange in a message or enters its own log of attempts: mail addresses and person numbers."""

import re
from ipaddress import IPv4Address
from pathlib import PurePosixPath

_MAIL = re.compile(r"[^\s@/\\<>\"';:,()]+(?:@|%40)[^\s@/\\<>\"';:,()]+", re.IGNORECASE)
# A BSN has nine digits, a phone number ten or more; a date or a span of years has eight.
_NUMBER = re.compile(r"\+?[0-9](?:[ .-]?[0-9]){8,}")
_TOKEN = re.compile(r"\b(?:bearer|basic|token)\s+[\w.~+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]+", re.IGNORECASE)
_KEY = re.compile(r"\bwhsec_[\w+/=-]+|(?<=[?&])(?:token|secret|key|sig|signature)=[^&\s\"'<>]+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def redact(text: str, limit: int, *, keep_hosts: bool = False) -> str:
    """``text`` on one line, without mail addresses, tokens and long numbers, cut to ``limit`` characters.

    ``keep_hosts``: IPv4 addresses stay; for our own log, where it must be readable to whom something was not sent.
    """
    clean = _CONTROL.sub(" ", text)
    for pattern, mark in ((_TOKEN, "[token]"), (_KEY, "[secret]"), (_MAIL, "[mail]")):
        clean = pattern.sub(mark, clean)
    clean = _NUMBER.sub(lambda found: found[0] if keep_hosts and _is_address(found[0]) else "[number]", clean)
    clean = " ".join(clean.split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def _is_address(number: str) -> bool:
    """Whether it is an IPv4 address."""
    try:
        return bool(IPv4Address(number))
    except ValueError:
        return False


def without_secrets(text: str) -> str:
    """``text`` as it is laid out, without tokens and keys in it: for a person who looks at a message."""
    clean = "".join(one if one in "\n\t" else _CONTROL.sub("�", one) for one in text.replace("\r\n", "\n"))
    return _KEY.sub("[secret]", _TOKEN.sub("[token]", clean))


def file_name(key: str) -> str:
    """The last part of an object key, fit for a message: redacted, at most 120 characters."""
    return redact(PurePosixPath(key.replace("\\", "/")).name, 120)
