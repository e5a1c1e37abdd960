"""How a delivered file is encoded: one model per format, told apart by ``kind``."""

import codecs
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from kerndata.sources.base import Strict


class CsvFormat(Strict):
    """Delimited text. ``encoding`` is tried after BOM and strict UTF-8; without it anything else is refused.

    ``delimiter`` is one character, or the word ``tab`` (TSV).
    """

    kind: Literal["csv"] = "csv"
    delimiter: str = Field(";", min_length=1, max_length=1)
    quote: str = Field('"', min_length=1, max_length=1)
    encoding: str | None = None

    @field_validator("delimiter", mode="before")
    @classmethod
    def _tab(cls, value: object) -> object:
        return "\t" if value in ("tab", r"\t") else value

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                codecs.lookup(value)
            except LookupError as error:
                raise ValueError(f"unknown encoding {value!r}; for example windows-1252") from error
        return value


class Workbook(Strict):
    """``sheets`` names the sheets to read, in order; without it every visible sheet is read."""

    sheets: tuple[str, ...] | None = None


class XlsxFormat(Workbook):
    """An Excel workbook."""

    kind: Literal["xlsx"] = "xlsx"


class XlsFormat(Workbook):
    """An Excel 97-2003 workbook."""

    kind: Literal["xls"] = "xls"


class OdsFormat(Workbook):
    """An OpenDocument spreadsheet."""

    kind: Literal["ods"] = "ods"


class ParquetFormat(Strict):
    """One Parquet file; column names are the header."""

    kind: Literal["parquet"] = "parquet"


class JsonFormat(Strict):
    """Records; ``records`` is the dotted path to the array (empty: the document is the array).

    ``lines``: one record per line (JSON Lines) instead of one document.
    """

    kind: Literal["json"] = "json"
    records: str = ""
    lines: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.lines and self.records:
            raise ValueError("records and lines exclude each other: JSON Lines has no path to an array")
        return self


class GeojsonFormat(Strict):
    """A FeatureCollection. ``crs`` is what coordinates are in when the file does not say so itself."""

    kind: Literal["geojson"] = "geojson"
    crs: Literal["EPSG:4326", "EPSG:28992"] = "EPSG:4326"


PlainFormat = CsvFormat | XlsxFormat | XlsFormat | OdsFormat | ParquetFormat | JsonFormat | GeojsonFormat


class ZipFormat(Strict):
    """A zip; ``members`` is the glob of the files inside that are read, ``inner`` their format (no zip in a zip)."""

    kind: Literal["zip"] = "zip"
    members: str
    inner: Annotated[PlainFormat, Field(discriminator="kind")]


FormatSpec = Annotated[PlainFormat | ZipFormat, Field(discriminator="kind")]
