"""Who answers at the province, and which receipts they want by mail."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from kerndata.sources.base import Strict, Text


class Contact(Strict):
    """Who answers at the province; a team, never a person. ``receipts_by_mail``: which receipts are mailed too."""

    team: Text
    mail: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[a-z]+$")]
    receipts_by_mail: Literal["always", "on_problem", "never"] = "on_problem"
