"""Requests go where they were meant to go, and bring back a bounded answer; tried on a real server on loopback."""

import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from kerndata.fetch.addresses import AddressRefusedError, checked_addresses, is_public
from kerndata.notices.credentials import Credentials
from kerndata.notices.transport import BODY_LIMIT, Transport


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers)))
        getattr(self, self.path.strip("/"))()

    def plain(self):
        self._whole(200, b"fine")

    def redirect(self):
        self._whole(302, b"x" * 100, Location="/plain")

    def elsewhere(self):
        self._whole(self.server.status, b"", Location=self.server.location)

    def bomb(self):
        self.send_response(302)
        self.send_header("Location", "http://169.254.169.254/latest/meta-data")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for _ in range(10_000):
            self.wfile.write(b"x" * 1024)

    def chunked(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")

    def reset(self):
        self.close_connection = True

    def _whole(self, status, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """The bomb's reader hangs up; that is the point."""


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Receiver) as running:
        running.seen = []
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()


def sent(server, path, allow_private=True, host="127.0.0.1"):
    credentials = Credentials(f"http://{host}:{server.server_port}", allow_private=allow_private)
    with requests.Session() as http:
        transport = Transport(http, credentials, lambda: datetime.now(UTC))
        reply = transport.request("POST", path, headers={}, body=b"{}")
        transport.close()
    return reply


def test_an_answer_comes_back_with_status_headers_and_body(server):
    reply = sent(server, "/plain")
    assert (reply.status, reply.headers["content-length"], reply.body) == (200, "4", b"fine")


def test_a_chunked_answer_is_read_whole(server):
    assert sent(server, "/chunked").body == b"abcdef"


def test_a_redirect_is_not_followed(server):
    reply = sent(server, "/redirect")
    assert (reply.status, reply.summary) == (302, "HTTP 302: a redirect to the same host, not followed")
    assert [path for path, _ in server.seen] == ["/redirect"]


@pytest.mark.parametrize(
    ("location", "where"),
    [
        (
            "http://169.254.169.254/latest/meta-data",
            "169.254.169.254, not followed (without TLS, not a public address)",
        ),
        ("https://[fd00:ec2::254]/", "fd00:ec2::254, not followed (not a public address)"),
        (
            "http://metadata.google.internal/",
            "metadata.google.internal, not followed (without TLS, not a public address)",
        ),
        ("https://10.0.0.1/x", "10.0.0.1, not followed (not a public address)"),
        ("https://localhost:8080/", "localhost, not followed (not a public address)"),
        ("https://[::ffff:192.168.0.1]/", "::ffff:192.168.0.1, not followed (not a public address)"),
        ("http://hub.example/cloudevents", "hub.example, not followed (without TLS)"),
        ("ftp://hub.example/", "hub.example, not followed (without TLS)"),
        ("//10.1.2.3/x", "10.1.2.3, not followed (not a public address)"),
        ("https://other.example/", "other.example, not followed"),
        ("https://[broken", "an unreadable address, not followed"),
        ("/plain", "the same host, not followed"),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_and_it_says_where_it_led(server, status, location, where):
    server.location, server.status = location, status
    reply = sent(server, "/elsewhere")
    assert reply.summary == f"HTTP {status}: a redirect to {where}"
    assert [path for path, _ in server.seen] == ["/elsewhere"]


def test_a_redirect_to_a_listening_private_address_reaches_nobody(server):
    with Server(("127.0.0.1", 0), Receiver) as other:
        other.seen = []
        threading.Thread(target=other.serve_forever, args=(0.02,), daemon=True).start()
        server.location, server.status = f"http://127.0.0.1:{other.server_port}/plain", 307
        assert sent(server, "/elsewhere").status == 307
        assert other.seen == []
        other.shutdown()


def test_an_endless_answer_is_cut_even_when_it_is_a_redirect(server):
    reply = sent(server, "/bomb")
    led = "a redirect to 169.254.169.254, not followed (without TLS, not a public address)"
    assert reply.summary == f"HTTP 302: {led}"
    assert len(reply.body) == BODY_LIMIT


def test_a_broken_connection_is_no_answer(server):
    assert sent(server, "/reset").summary == "no answer: ConnectionError"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433"])
def test_loopback_is_refused_unless_allowed_however_it_is_written(server, host):
    credentials = Credentials(f"https://{host}:{server.server_port}")
    with requests.Session() as http:
        reply = Transport(http, credentials, lambda: datetime.now(UTC)).request("POST", "/plain", headers={}, body=b"")
    assert reply.refused is not None
    assert "is not a public address" in reply.refused
    assert server.seen == []


@pytest.mark.parametrize("url", ["http://hub.example/cloudevents", "ftp://hub.example", "hub.example/cloudevents"])
def test_only_https_is_sent_to_where_private_addresses_are_not_allowed(url):
    with requests.Session() as http:
        reply = Transport(http, Credentials(url), lambda: datetime.now(UTC)).request("POST", headers={})
    assert reply.refused is not None
    assert "must name an https address" in reply.refused


def test_proxies_and_netrc_of_the_machine_are_not_used(server, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert sent(server, "/plain").status == 200
    assert "Authorization" not in server.seen[0][1]


@pytest.mark.parametrize(
    "address",
    [
        *(
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1", "::"),
    ],
)
def test_no_public_address(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909"])
def test_public_address(address):
    assert is_public(address)


def test_allowed_private_addresses_are_given_as_they_resolve():
    assert "127.0.0.1" in checked_addresses("127.0.0.1", 80, allow_private=True)
    with pytest.raises(AddressRefusedError, match="set allow_private in the connection's extra"):
        checked_addresses("127.0.0.1", 80, allow_private=False)
