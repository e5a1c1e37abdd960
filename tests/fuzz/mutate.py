"""Ways to break a file: any bytes, what is inside a zip, XML, delimited text, JSON. The same random gives the same."""

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Sequence
from random import Random

Mutator = Callable[[bytes, Random], bytes]
ODD = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n\n", b'"', b"''", b";", b"\t", b",", b"=1+1", b"=cmd|' /C x'!A0",
    b"\xff" * 8, b"\x80" * 4, b"\x7f\xff\xff\xff", b"1e999999999", b"NaN", b"-", b"../", b"&a;", b"<!DOCTYPE a>",
    b"PK\3\4",
    "’€ë".encode("windows-1252"), "漢\u202e".encode(), b"9" * 500, b"0612345678", b"jan@post.example", b"BSN 123456782",
)  # fmt: skip
XML_ODD = (
    b'<!DOCTYPE a [<!ENTITY b "c">]>', b"<a>" * 80, b"</a>", b"<![CDATA[x]]>", b"&#0;", b"&lt;",
    b"<f>cmd|'/c x'!A1</f>",
    b't="e"', b'r="XFD1048576"', b'r="A99999999"', b'number-rows-repeated="9999999"', b's="999999"', b"<!--", b"?>",
)  # fmt: skip


def mutated(kind: str, data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Return the file after one to three mutations that suit its format; ``others``: files to splice with."""
    choices: list[Mutator] = [flip, cut, repeat, drop, insert, overwrite, lambda body, rng: splice(body, others, rng)]
    choices += {
        "csv": [lines, fields, encoding], "json": [tree], "geojson": [tree], "zip": [members, members, index],
        "xlsx": [members, members, members, index], "ods": [members, members, members, index],
        "xls": [sectors, records], "parquet": [footer, footer],
    }[kind]  # fmt: skip
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        data = random.choice(choices)(data, random)
    return data


def _span(data: bytes, random: Random, most: int = 4096) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.randint(1, max(1, min(most, len(data)))))


def flip(data: bytes, random: Random) -> bytes:
    """Flip a few bits."""
    body = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 5, 30))):
        if body:
            body[random.randrange(len(body))] ^= 1 << random.randrange(8)
    return bytes(body)


def cut(data: bytes, random: Random) -> bytes:
    """Lose the end, or the beginning."""
    at = random.randrange(len(data) + 1)
    return data[:at] if random.random() < 0.8 else data[at:]


def repeat(data: bytes, random: Random) -> bytes:
    """Write a part twice, or many times."""
    start, end = _span(data, random)
    return data[:end] + data[start:end] * random.choice((1, 1, 3, 50)) + data[end:]


def drop(data: bytes, random: Random) -> bytes:
    """Leave a part out."""
    start, end = _span(data, random)
    return data[:start] + data[end:]


def insert(data: bytes, random: Random) -> bytes:
    """Put something odd in."""
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(ODD) * random.choice((1, 1, 1, 20)) + data[at:]


def overwrite(data: bytes, random: Random) -> bytes:
    """Overwrite a part with something odd, or with noise."""
    start, end = _span(data, random, 64)
    return data[:start] + random.choice((random.choice(ODD), random.randbytes(end - start))) + data[end:]


def splice(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Go on with another file."""
    other = random.choice(others)
    return data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other)) :]


def lines(data: bytes, random: Random) -> bytes:
    """Move, repeat, leave out or empty lines."""
    rows = data.split(b"\n")
    at, to = random.randrange(len(rows)), random.randrange(len(rows))
    action = random.randrange(5)
    if action == 0:
        rows[at], rows[to] = rows[to], rows[at]
    elif action == 1:
        rows.insert(to, rows[at])
    elif action == 2:
        del rows[at]
    elif action == 3:
        rows.insert(at, b"")
    else:
        rows = [*rows[:at], rows[at].upper(), *rows[at + 1 :]]
    return b"\n".join(rows)


def fields(data: bytes, random: Random) -> bytes:
    """Move, repeat, leave out or change fields of one line, or of all."""
    rows = [row.split(b";") for row in data.split(b"\n")]
    chosen = rows if random.random() < 0.3 else [random.choice(rows)]
    at, to, action = random.randrange(12), random.randrange(12), random.randrange(5)
    for row in chosen:
        if max(at, to) < len(row):
            if action == 0:
                row[at], row[to] = row[to], row[at]
            elif action == 1:
                row.insert(to, row[at])
            elif action == 2:
                del row[at]
            elif action == 3:
                row[at] = random.choice(ODD)
            else:
                row[at] = b'"' + row[at] + b'"'
    return b";".join(b"") + b"\n".join(b";".join(row) for row in rows)


def encoding(data: bytes, random: Random) -> bytes:
    """Write the text, or half of it, in another encoding, or with another delimiter."""
    text = data.decode("utf-8", "replace")
    half = len(text) // 2
    to = random.choice(("utf-16", "windows-1252", "utf-8-sig", "cp437", "utf-32", "utf-16-le"))
    return random.choice(
        (
            text.encode(to, "replace"),
            text[:half].encode() + text[half:].encode(to, "replace"),
            data.replace(b";", random.choice((b",", b"\t", b"|", b";;"))),
            data.replace(b".", b","),
            data.replace(b"\r\n", random.choice((b"\r", b"\n", b"\n\r"))),
        )
    )


def tree(data: bytes, random: Random) -> bytes:
    """Change a value or a bracket of JSON."""
    found = list(re.finditer(rb'"[^"]*"|[\d.]+|[\[\]{},:]', data))
    if not found:
        return data
    one = random.choice(found)
    new = random.choice(
        (b"", b"null", b"{}", b"[]", b"[[1]]", b'"x"', b"1e400", b"-0", b"NaN", b"true", b'"\\ud800"', b'"\\u0000"',
         b"[" * 100, b"9" * 5000, one[0] * 2, b'"id":1,"id":2')
    )  # fmt: skip
    return data[: one.start()] + new + data[one.end() :]


def members(data: bytes, random: Random) -> bytes:
    """Change, rename, repeat, empty or leave out a member of a zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [(name, archive.read(name)) for name in archive.namelist()]
    except Exception:  # noqa: BLE001 - an earlier mutation may have broken the zip in any way
        return flip(data, random)
    if not found:
        return data
    at = random.randrange(len(found))
    name, body = found[at]
    action = random.randrange(8)
    if action < 4:
        found[at] = (name, xml(body, random) if body.lstrip()[:1] == b"<" else flip(body, random))
    elif action == 4:
        found[at] = (random.choice(("../" + name, name.upper(), "xl/vbaProject.bin", "a.zip", "x" * 300)), body)
    elif action == 5:
        del found[at]
    elif action == 6:
        found[at] = (name, b"")
    else:
        found.append(("B" + name, body))
    stream = io.BytesIO()
    packing = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", packing) as archive:
        warnings.filterwarnings("ignore", "Duplicate name")  # two entries of one name are a mutant worth having
        for one, content in found:
            archive.writestr(one, content)
    return stream.getvalue()


def xml(body: bytes, random: Random) -> bytes:
    """Change an element, an attribute or a text."""
    found = list(re.finditer(rb'<[^>]*>|"[^"]*"|\d+', body))
    if not found:
        return body
    one, other = random.choice(found), random.choice(found)
    new = random.choice((b"", one[0] * 2, other[0], random.choice(XML_ODD), random.choice(ODD), b'"999999999999"'))
    return body[: one.start()] + new + body[one.end() :]


def index(data: bytes, random: Random) -> bytes:
    """Change a byte in the index of a zip, or in the header of a member."""
    places = [found.start() for found in re.finditer(rb"PK[\1\3\5][\2\4\6]", data)]
    return _byte_at(data, random, places, 46)


def sectors(data: bytes, random: Random) -> bytes:
    """Change a byte in the header or the directory of a compound file."""
    places = [0, *(found.start() for found in re.finditer("Workbook|Root".encode("utf-16-le"), data))]
    return _byte_at(data, random, places, 128)


def records(data: bytes, random: Random) -> bytes:
    """Change a byte among the first records of an Excel 97 workbook."""
    return _byte_at(data, random, [512], 4096)


def footer(data: bytes, random: Random) -> bytes:
    """Change a byte in the index of a Parquet file, which stands at its end."""
    size = int.from_bytes(data[-8:-4], "little") + 8
    return _byte_at(data, random, [max(0, len(data) - size)], max(8, min(size, 4000)))


def _byte_at(data: bytes, random: Random, places: list[int], reach: int) -> bytes:
    body = bytearray(data)
    at = (random.choice(places) if places else 0) + random.randrange(reach)
    if at < len(body):
        body[at] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
    return bytes(body)
