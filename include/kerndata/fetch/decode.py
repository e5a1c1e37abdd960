"""The bytes of one answer: decoded, counted, and known to be complete."""

import zlib
from collections.abc import Callable, Iterator

import requests

from kerndata.fetch.errors import AgainError, PullError

CHUNK_BYTES = 64 * 1024
ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})
_GZIP_OR_ZLIB = 47  # zlib's window bits: told apart by the data itself


def body(answer: requests.Response, said: str, max_bytes: int) -> Iterator[bytes]:
    """Yield what the server sent, decoded, in pieces of at most 64 KiB.

    Raises ``AgainError`` when the body is cut off or damaged, ``PullError`` over ``max_bytes`` (counted after decoding,
    so that a bomb stops here) and for an encoding nobody asked for. ``said`` is the address for messages.
    """
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ENCODINGS:
        raise PullError(f"{said}: answers in encoding {encoding[:40]!r}; only gzip and deflate are asked for")
    size = 0
    for piece in _decoded(answer, said) if encoding in {"gzip", "deflate"} else _raw(answer):
        size += len(piece)
        if size > max_bytes:
            raise PullError(f"{said}: more than {max_bytes} bytes; nothing was stored")
        yield piece


def _raw(answer: requests.Response) -> Iterator[bytes]:
    # read1 gives what has come; read and iter_content wait for a full chunk, at a byte a second for a day
    read: Callable[..., bytes] = answer.raw.read1
    while piece := read(CHUNK_BYTES, decode_content=False):
        yield piece


def _decoded(answer: requests.Response, said: str) -> Iterator[bytes]:
    """Decode with zlib itself: urllib3 takes compressed data that ends too early for whole."""
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        for piece in _raw(answer):
            yield decoder.decompress(piece, CHUNK_BYTES)
            while decoder.unconsumed_tail:
                yield decoder.decompress(decoder.unconsumed_tail, CHUNK_BYTES)
        while more := decoder.decompress(b"", CHUNK_BYTES):
            yield more
    except zlib.error as error:
        raise AgainError(f"{said}: the compressed answer is damaged; nothing was stored") from error
    if not decoder.eof or decoder.unused_data:
        raise AgainError(f"{said}: the compressed answer is not complete; nothing was stored")
