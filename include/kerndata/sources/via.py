"""Where a delivery comes from: the province's own bucket, or an address that is pulled."""

from typing import Annotated

from pydantic import StringConstraints

from kerndata.sources.base import Strict


class BucketVia(Strict):
    """Dropped into the province's own bucket; ``bucket`` is a glob below ``drop/``."""

    bucket: Annotated[str, StringConstraints(pattern=r"^[^/].*$")]


class PulledVia(Strict):
    """Pulled: host and secrets come from the Airflow connection; ``cron`` is Europe/Amsterdam."""

    connection: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
    cron: Annotated[str, StringConstraints(pattern=r"^\S+( \S+){4}$")]


class HttpVia(PulledVia):
    """One file over HTTP(S); ``path`` starts with ``/``."""

    path: Annotated[str, StringConstraints(pattern=r"^/[^/\s]\S*$")]
