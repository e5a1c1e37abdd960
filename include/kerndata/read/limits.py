"""What one file may cost the exchange."""

from pydantic import BaseModel, ConfigDict

MIB = 1024**2


class Limits(BaseModel):
    """Limits of one read. The defaults leave room for a few million rows and stop a 4 kB file that hangs its reader.

    ``memory_bytes`` is address space, which libraries reserve more of than they use; ``ratio`` and ``entries`` are for
    zips (a workbook is one); ``unpacked_bytes`` are counted while unpacking, never taken from the zip's own index.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    wall_seconds: int = 120
    cpu_seconds: int = 120
    memory_bytes: int = 3072 * MIB
    output_bytes: int = 2048 * MIB
    input_bytes: int = 512 * MIB
    unpacked_bytes: int = 1024 * MIB
    ratio: int = 200
    entries: int = 1000
    cells: int = 200_000_000
