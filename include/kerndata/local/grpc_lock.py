"""The lock on SeaweedFS's S3 gRPC port (S3 port + 10000): without it, it makes new identities for whoever calls.

Seen on SeaweedFS 4.48, 2026-11-23: an unauthenticated ``PutIdentity`` made an administrator. The port listens wherever
S3 listens and cannot be switched off, so it demands a certificate of an authority that issued only the server's own.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kerndata.local.files import write_private

VALID = timedelta(days=3653)

SECURITY = """\
[grpc]
ca = "{folder}/grpc.crt"
[grpc.s3]
cert = "{folder}/grpc.crt"
key = "{folder}/grpc.key"
"""


def lock_grpc(folder: Path, seen_as: str) -> None:
    """Write a certificate that is its own authority, its key, and the ``security.toml`` that demands it.

    ``seen_as``: the path under which the server sees ``folder``. Safe to repeat before the server starts.
    """
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kerndata s3")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + VALID)
        .sign(key, SHA256())
    )
    write_private(folder / "grpc.crt", certificate.public_bytes(Encoding.PEM).decode())
    write_private(folder / "grpc.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    write_private(folder / "security.toml", SECURITY.format(folder=seen_as))
