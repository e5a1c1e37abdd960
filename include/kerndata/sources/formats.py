"""How a delivered file is encoded: one model per format, told apart by ``kind``."""

import codecs
from typing import Annotated, Literal

from pydantic import Field, field_validator

from kerndata.sources.base import Strict


class CsvFormat(Strict):
    """Delimited text. ``encoding`` is tried after BOM and strict UTF-8; without it anything else is refused."""

    kind: Literal["csv"] = "csv"
    delimiter: str = Field(";", min_length=1, max_length=1)
    quote: str = Field('"', min_length=1, max_length=1)
    encoding: str | None = None

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                codecs.lookup(value)
            except LookupError as error:
                raise ValueError(f"unknown encoding {value!r}; for example windows-1252") from error
        return value


class XlsxFormat(Strict):
    """A workbook. ``sheets`` names the sheets to read, in order; without it every visible sheet is read."""

    kind: Literal["xlsx"] = "xlsx"
    sheets: tuple[str, ...] | None = None


class ParquetFormat(Strict):
    """One Parquet file; column names are the header."""

    kind: Literal["parquet"] = "parquet"


class JsonFormat(Strict):
    """Records; ``records`` is the dotted path to the array (empty: the document is the array)."""

    kind: Literal["json"] = "json"
    records: str = ""


class ZipFormat(Strict):
    """A zip; ``members`` is the glob of the files inside that are read, ``inner`` their format."""

    kind: Literal["zip"] = "zip"
    members: str
    inner: Annotated[CsvFormat | XlsxFormat, Field(discriminator="kind")]


FormatSpec = Annotated[CsvFormat | XlsxFormat | ParquetFormat | JsonFormat | ZipFormat, Field(discriminator="kind")]
