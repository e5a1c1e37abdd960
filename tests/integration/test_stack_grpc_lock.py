"""SeaweedFS's second S3 port makes identities for whoever calls; it must talk to nobody but the server itself."""

import socket
import ssl

import pytest

from kerndata.local.settings import GRPC_OFFSET, HOST
from kerndata.local.stack import Stack

pytestmark = pytest.mark.stack

SETTINGS = b"\x04"
HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


def call(stack: Stack) -> socket.socket:
    return socket.create_connection((HOST, stack.ports.s3 + GRPC_OFFSET), timeout=5)


def answer_to_preface(channel: socket.socket) -> bytes:
    """What a caller of gRPC hears first: a SETTINGS frame (type 4), or nothing when it is turned away."""
    try:
        channel.sendall(HTTP2_PREFACE)
        return channel.recv(64)
    except (ssl.SSLError, ConnectionError):
        return b""


def test_a_call_without_tls_is_turned_away(stack_services: Stack) -> None:
    with call(stack_services) as plain:
        assert answer_to_preface(plain)[3:4] != SETTINGS


def test_a_call_without_its_certificate_is_turned_away(stack_services: Stack) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with call(stack_services) as plain, context.wrap_socket(plain) as secure:
        assert answer_to_preface(secure)[3:4] != SETTINGS
