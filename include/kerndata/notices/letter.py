"""Every mail of the exchange: who, to whom, and an id that is the same whenever the mail is made again."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime

from kerndata.notices.endpoints import Language
from kerndata.quality.exchange import Exchange


def letter(
    exchange: Exchange,
    *,
    to: Address | str,
    subject: str,
    key: str,
    date: datetime,
    language: Language,
    text: str,
    reply_to: Address | None = None,
    policy: "EmailPolicy[EmailMessage]" = SMTP,
) -> EmailMessage:
    """Return a mail with its text; ``key`` makes its Message-ID, so that the same mail twice is known as one."""
    mail = EmailMessage(policy=policy)
    mail["From"] = Address(exchange.name, addr_spec=exchange.sender)
    mail["To"] = to
    if reply_to:
        mail["Reply-To"] = reply_to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(date.astimezone(UTC))
    mail["Message-ID"] = f"<{key}@{exchange.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="quoted-printable")
    mail["Content-Language"] = language  # setting the content drops every header about it
    return mail
