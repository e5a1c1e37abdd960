"""Who runs the exchange, from ``exchange.yaml`` beside this module: on every receipt, and on every mail."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from kerndata.errors import ConfigurationError
from kerndata.sources.base import Strict, Text
from kerndata.sources.contact import Address

FILE = Path(__file__).with_name("exchange.yaml")


class ExchangeContact(Strict):
    """Where a province asks; a team, never a person."""

    team: Text
    mail: Address
    hours: Text | None = None
    phone: Text | None = None


class Exchange(Strict):
    """The exchange itself. ``sender``: the address receipts are mailed from."""

    name: Text
    contact: ExchangeContact
    sender: Address

    @property
    def told_nl(self) -> str:
        """The contact as a receipt names it: ``Servicepunt (vraag@… , 088 …; werkdagen …)``."""
        ways = ", ".join(filter(None, (self.contact.mail, self.contact.phone)))
        return f"{self.contact.team} ({ways}{'; ' + self.contact.hours if self.contact.hours else ''})"


@cache
def load_exchange(path: Path = FILE) -> Exchange:
    """Read the file; raises ConfigurationError naming the file and every wrong key."""
    try:
        return Exchange.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"quality/{path.name}: {error}") from error
