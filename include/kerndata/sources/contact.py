"""Who answers at the province, and which receipts they want by mail."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from kerndata.sources.base import Strict, Text

# ASCII, one @, a dotted domain; no quoted local parts, no display name, nothing that could end a mail header.
Address = Annotated[
    str,
    StringConstraints(
        max_length=254,
        pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$",
    ),
]


class Contact(Strict):
    """Who answers at the province; a team, never a person.

    ``receipts_by_mail``: ``always``; ``on_problem``: when rows or the whole file were refused, or nothing could be
    checked; ``never``. Receipts are put in the inbox whatever it says.
    """

    team: Text
    mail: Address
    receipts_by_mail: Literal["always", "on_problem", "never"] = "on_problem"
