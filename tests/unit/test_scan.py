"""The malware scanner hook, against real sockets: what a scanner says, and what one does that is down or lies."""

import shutil
import socket
import socketserver
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kerndata.errors import ConfigurationError, Transient
from kerndata.local.settings import free_base_port
from kerndata.scan import Clean, Infected, Scanner, scanner_from

Answer = Callable[[socket.socket], None]
CLAMD = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")


def eicar() -> bytes:
    """The test string of EICAR, put together here so that no file of the repository holds it."""
    return b"".join((rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-", b"FILE!$H+H*"))


@contextmanager
def server(answer: Answer) -> Iterator[int]:
    """Run ``answer`` on every connection; yield the port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            answer(self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listening.server_address[1]
        listening.shutdown()
        thread.join()


def exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def streamed(connection: socket.socket) -> bytes:
    """Read one INSTREAM command as clamd does."""
    assert exactly(connection, 10) == b"zINSTREAM\0"
    data = b""
    while size := struct.unpack(">I", exactly(connection, 4))[0]:
        data += exactly(connection, size)
    return data


def says(reply: bytes) -> Answer:
    def answer(connection: socket.socket) -> None:
        streamed(connection)
        connection.sendall(reply)

    return answer


def line(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\r\n"):
        data += exactly(connection, 1)
    return data


def asked(connection: socket.socket) -> tuple[list[bytes], bytes]:
    """Read one RESPMOD request as an ICAP server does: the lines of its three headers, and the body."""
    lines = []
    for _ in range(3):
        while (one := line(connection)) != b"\r\n":
            lines.append(one.strip())
    body = b""
    while size := int(line(connection), 16):
        body += exactly(connection, size)
        assert exactly(connection, 2) == b"\r\n"
    exactly(connection, 2)
    return lines, body


def icap(reply: bytes) -> Answer:
    def answer(connection: socket.socket) -> None:
        asked(connection)
        connection.sendall(reply)

    return answer


def hangs_up(connection: socket.socket) -> None:
    connection.recv(10)


def drips(connection: socket.socket) -> None:
    for sign in b"stream: nothing to see here":
        try:
            connection.sendall(bytes([sign]))
        except OSError:
            return
        time.sleep(0.1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "delivered"
    path.write_bytes(b"a;b\n1;2\n" * 20_000)  # more than one chunk
    return path


def clamd_at(port: int, timeout: float = 5) -> Scanner:
    return scanner_from(f"clamd://127.0.0.1:{port}", timeout=timeout)


def icap_at(port: int, timeout: float = 5) -> Scanner:
    return scanner_from(f"icap://127.0.0.1:{port}/avscan", timeout=timeout)


def test_clamd_gets_the_whole_file(file: Path) -> None:
    got = []

    def answer(connection: socket.socket) -> None:
        got.append(streamed(connection))
        connection.sendall(b"stream: OK\0")

    with server(answer) as port:
        assert clamd_at(port).scan(file) == Clean()
    assert got == [file.read_bytes()]


def test_clamd_names_what_it_found(file: Path) -> None:
    with server(says(b"stream: Win.Test.EICAR_HDB-1 FOUND\0")) as port:
        assert clamd_at(port).scan(file) == Infected("Win.Test.EICAR_HDB-1")


def test_a_name_cannot_write_lines_into_our_log(file: Path) -> None:
    with server(says(b"stream: bad\nname\x1b[2J" + b"x" * 500 + b" FOUND\0")) as port:
        found = clamd_at(port).scan(file)
    assert isinstance(found, Infected)
    assert found.name.startswith("bad?name?[2Jxxx")
    assert len(found.name) == 100


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (hangs_up, "no verdict"),
        (says(b""), "hung up"),
        (says(b"stream: O"), "hung up"),
        (says(b"\x16\x03\x01garbage\0"), "it answered"),
        (says(b"stream: OK FOUND?\0"), "it answered"),
        (says(b"INSTREAM size limit exceeded. ERROR\0"), "size limit"),
        (says(b"x" * 20_000), "no end"),
        (drips, "no verdict"),
    ],
    ids=["drop", "silent", "half", "garbage", "neither", "limit", "endless", "drip"],
)
def test_a_clamd_that_misbehaves_makes_the_file_wait(file: Path, answer: Answer, reason: str) -> None:
    start = time.monotonic()
    with server(answer) as port, pytest.raises(Transient, match=reason) as error:
        clamd_at(port, timeout=0.8).scan(file)
    assert "the file waits" in str(error.value)
    assert time.monotonic() - start < 3


def test_a_scanner_that_is_down_makes_the_file_wait(file: Path) -> None:
    port = free_base_port()
    for scanner in (clamd_at(port), icap_at(port)):
        with pytest.raises(Transient, match="refused"):
            scanner.scan(file)


def test_icap_gets_the_whole_file_and_204_is_clean(file: Path) -> None:
    got = []

    def answer(connection: socket.socket) -> None:
        got.append(asked(connection))
        connection.sendall(b"ICAP/1.0 204 No Content\r\nISTag: x\r\n\r\n")

    with server(answer) as port:
        assert icap_at(port).scan(file) == Clean()
    [(lines, body)] = got
    assert lines[0] == f"RESPMOD icap://127.0.0.1:{port}/avscan ICAP/1.0".encode()
    assert b"Allow: 204" in lines
    assert body == file.read_bytes()


def encapsulated(status: bytes, body: bytes, *headers: bytes) -> bytes:
    head = b"HTTP/1.1 " + status + b"\r\n\r\n"
    lines = b"".join(one + b"\r\n" for one in headers)
    start = b"ICAP/1.0 200 OK\r\n%bEncapsulated: res-hdr=0, res-body=%d\r\n\r\n" % (lines, len(head))
    return start + head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (
            encapsulated(b"403 Forbidden", b"no", b"X-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test;"),
            Infected("Eicar-Test"),
        ),
        (encapsulated(b"200 OK", b"blocked", b"X-Virus-ID: EICAR"), Infected("EICAR")),
        (b"ICAP/1.0 204 No Content\r\nX-Virus-ID: EICAR\r\n\r\n", Infected("EICAR")),
        (encapsulated(b"403 Forbidden", b"no"), Infected("blocked with HTTP 403")),
        (encapsulated(b"200 OK", b"<h1>blocked</h1>"), Infected("replaced by the scanner")),
        (encapsulated(b"200 OK", b"a;b\n1;2\n"), Clean()),
    ],
    ids=["named", "virus-id", "named-204", "forbidden", "replaced", "echo"],
)
def test_icap_says_what_it_found(tmp_path: Path, reply: bytes, found: Clean | Infected) -> None:
    path = tmp_path / "delivered"
    path.write_bytes(b"a;b\n1;2\n")
    with server(icap(reply)) as port:
        assert icap_at(port).scan(path) == found


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"ICAP/1.0 20",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"ICAP/1.0 404 No such service\r\n\r\n",
        b"ICAP/1.0 500 Server error\r\n\r\n",
        b"ICAP/1.0 200 OK\r\n\r\n",
        encapsulated(b"200 OK", b"half an answer")[:-12],
        b"ICAP/1.0 200 OK\r\n" + b"A: b\r\n" * 300,
        encapsulated(b"200 OK", b"x").replace(b"\r\n1\r\n", b"\r\nzz\r\n"),
    ],
    ids=["silent", "half", "http", "404", "500", "nothing", "half-body", "headers", "chunk"],
)
def test_an_icap_server_that_misbehaves_makes_the_file_wait(file: Path, reply: bytes) -> None:
    with server(icap(reply)) as port, pytest.raises(Transient, match="the file waits"):
        icap_at(port, timeout=1).scan(file)


def test_an_icap_server_may_say_it_early(tmp_path: Path) -> None:
    path = tmp_path / "delivered"
    path.write_bytes(bytes(20 * 1024**2))

    def answer(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(encapsulated(b"403 Forbidden", b"no", b"X-Virus-ID: EICAR"))

    with server(answer) as port:
        assert icap_at(port).scan(path) == Infected("EICAR")


@pytest.mark.parametrize("url", ["", "http://scanner:80/", "clamd://", "icap://host:1344", "clamd://host:x", "clamd:3"])
def test_another_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="scanner"):
        scanner_from(url)


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Debian's clamd with one signature of our own making: the EICAR string."""
    if CLAMD is None:
        pytest.skip("clamd is not installed (Debian: clamav-daemon): the scanner hook ran against our own servers only")
    folder, port = tmp_path_factory.mktemp("clamd"), free_base_port()
    (folder / "test.ndb").write_text(f"Kerndata.Test.Eicar:0:*:{eicar().hex()}\n", encoding="ascii")
    settings = f"TCPSocket {port}\nTCPAddr 127.0.0.1\nDatabaseDirectory {folder}\nForeground yes\nStreamMaxLength 1M\n"
    (folder / "clamd.conf").write_text(settings, encoding="ascii")
    with subprocess.Popen(
        [CLAMD, "--config-file", folder / "clamd.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _listening(port)
            yield port
        finally:
            process.terminate()


def _listening(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)
        else:
            return


def test_the_real_clamd_finds_the_test_string_and_nothing_else(clamd: int, tmp_path: Path, file: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(eicar())
    assert clamd_at(clamd).scan(file) == Clean()
    found = clamd_at(clamd).scan(bad)
    assert isinstance(found, Infected)
    assert "Eicar" in found.name


def test_the_real_clamd_over_its_own_limit_makes_the_file_wait(clamd: int, tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(8 * 1024**2))
    with pytest.raises(Transient):
        clamd_at(clamd).scan(path)
