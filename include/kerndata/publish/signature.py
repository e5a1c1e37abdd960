"""The Ed25519 signature of ``SHA256SUMS``, which covers every file of a release.

``SHA256SUMS.sig`` is the signature itself: 64 bytes, no wrapping. ``openssl pkeyutl -verify -rawin`` and every library
that knows Ed25519 (RFC 8032) check it. Ed25519 has no random part, so the same release has the same signature. A key
is named by its fingerprint, in ``SHA256SUMS.key``; its public half lies at ``kerndataset/keys/<fingerprint>.pem`` for
good, also after another key took its place. No file that the checksums cover names a key: the same content gives the
same bytes, whoever signs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from kerndata.errors import ConfigurationError, KerndataError
from kerndata.store.keys import SIGNATURE, SIGNED_BY

FINGERPRINT_LENGTH = 32
_SEED_LENGTH = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Who can check: ``fingerprint`` is the first 32 hex digits of the sha256 of the raw public key."""

    fingerprint: str
    pem: bytes


@dataclass(frozen=True, slots=True)
class Signer:
    """Who can sign. ``sign`` gives 64 bytes; the private key itself is not in reach."""

    public: PublicKey
    sign: Callable[[bytes], bytes]


def signer_of(seed: str) -> Signer:
    """Make the signer from its private key: the 32 bytes of an Ed25519 seed as 64 hex digits.

    Raises ConfigurationError when it is not; the message does not repeat it.
    """
    try:
        raw = bytes.fromhex(seed.strip())
    except ValueError:
        raw = b""
    if len(raw) != _SEED_LENGTH:
        raise ConfigurationError(
            "The key that signs releases must be 64 hex digits (an Ed25519 seed): make one with "
            "`openssl rand -hex 32`. Nothing is published until it is; the last release stands."
        )
    private = Ed25519PrivateKey.from_private_bytes(raw)
    return Signer(_named(private.public_key()), private.sign)


def signed(signer: Signer, sums: bytes) -> dict[str, bytes]:
    """Sign the checksums: the files to put beside them, by name."""
    return {SIGNATURE: signer.sign(sums), SIGNED_BY: f"{signer.public.fingerprint}\n".encode()}


def public_key(pem: bytes) -> PublicKey:
    """Read a public key from PEM. Raises KerndataError when it is no Ed25519 public key."""
    return _named(_loaded(pem))


def is_valid(pem: bytes, signature: bytes, body: bytes) -> bool:
    """Say whether the signature of ``body`` was made with this key."""
    try:
        _loaded(pem).verify(signature, body)
    except InvalidSignature:
        return False
    return True


def _loaded(pem: bytes) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise KerndataError(f"The public key is not readable: {error}.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KerndataError("The public key is not an Ed25519 key.")
    return key


def _named(key: Ed25519PublicKey) -> PublicKey:
    fingerprint = sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:FINGERPRINT_LENGTH]
    return PublicKey(fingerprint, key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
