"""XML in spreadsheets, element by element, without ever holding a tree; document type definitions are refused."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import IO
from xml.parsers import expat

from kerndata.read.limits import unreadable

Start = Callable[[str, Mapping[str, str]], None]
CHUNK_BYTES = 1024**2


def parse(
    body: bytes | IO[bytes],
    start: Start,
    end: Callable[[str], None] = lambda _: None,
    text: Callable[[str], None] = lambda _: None,
) -> None:
    """Call back for every element and text; elements come without their prefix (``c``, ``table-cell``).

    Attributes come as written (``office:value-type``): by name alone two of them would be one.

    Raises ``FileFault`` F-UNREADABLE for broken XML and for any document type definition: without one there are no
    entities to expand.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, given: start(local(name), given)
    parser.EndElementHandler = lambda name: end(local(name))
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        if isinstance(body, bytes):
            parser.Parse(body, True)
        else:
            while chunk := body.read(CHUNK_BYTES):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise unreadable(
            f"broken XML in the workbook: {error}", f"de XML in het werkboek is beschadigd ({error})"
        ) from error


@lru_cache(512)
def local(name: str) -> str:
    """Return a name without its prefix."""
    return name.rpartition(":")[2]


def _refuse(*_: object) -> None:
    raise unreadable(
        "the workbook holds a document type definition, which is refused",
        "het werkboek bevat een DTD; die weigeren wij",
    )
