"""Pulling over TLS from a real server: its certificate counts, and a slow server is hung up on there too."""

import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.unit.fetch_server import (
    NOW,
    QUICK,
    TIGHT,
    Answer,
    Server,
    data,
    serving,
    slow_body,
    slow_chunk_size,
    slow_head,
)

from kerndata.errors import Transient
from kerndata.fetch import Access, Limits, PullError, pull
from kerndata.sources.via import HttpVia

VIA = HttpVia(connection="api", path="/data", cron="0 6 * * *")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for ``localhost`` that signs itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(secret + made.public_bytes(pem))
    return path


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(context) as running:
        running.host = "localhost"
        yield running


def pulled(server: Server, target: Path, trusted: Path | None, limits: Limits = QUICK) -> None:
    with requests.Session() as http:
        http.verify = str(trusted) if trusted else True
        access = Access(server.url, http, token="geheim", allow_private=True)
        assert pull(VIA, target, access, None, now=NOW, limits=limits)


def test_a_trusted_certificate_is_enough(server: Server, certificate: Path, tmp_path: Path) -> None:
    server.told["/data"] = [data(b"1;2")]
    pulled(server, tmp_path / "data", certificate)
    assert server.seen[0][1]["authorization"] == "Bearer geheim"


@pytest.mark.parametrize(("host", "trusts"), [("localhost", False), ("127.0.0.1", True)], ids=["unknown", "other-host"])
def test_a_certificate_that_is_not_right_is_told_and_nothing_is_sent(
    server: Server, certificate: Path, tmp_path: Path, host: str, trusts: bool
) -> None:
    server.host = host
    with pytest.raises(PullError, match="TLS certificate is not valid"):
        pulled(server, tmp_path / "data", certificate if trusts else None)
    assert server.seen == []


@pytest.mark.parametrize("answer", [slow_head, slow_body, slow_chunk_size])
def test_a_byte_now_and_then_is_hung_up_on(server: Server, certificate: Path, tmp_path: Path, answer: Answer) -> None:
    server.told["/data"] = [answer]
    began = time.monotonic()
    with pytest.raises(Transient, match="too slowly"):
        pulled(server, tmp_path / "data", certificate, TIGHT)
    assert time.monotonic() - began < 4
