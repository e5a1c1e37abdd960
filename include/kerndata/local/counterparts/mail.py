"""A mail relay for the demo and the tests: real SMTP (aiosmtpd), every message kept in a maildir, nothing sent on.

``python -m kerndata.local.counterparts.mail --host 127.0.0.1 --port 2525 --maildir FOLDER``. Each message is a file in
``FOLDER/new``, readable by any mail program that opens a maildir. Safe to stop at any moment: a message is
acknowledged after it stands in its folder.
"""

import argparse
import mailbox
import signal
import threading
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox

LARGEST = 16 * 1024 * 1024


class MailServer(Controller):
    """The server; ``start()`` listens in a thread of its own, ``stop()`` ends it."""

    def __init__(self, host: str, port: int, maildir: Path) -> None:
        super().__init__(Mailbox(maildir), hostname=host, port=port, data_size_limit=LARGEST)


def received(maildir: Path) -> list[EmailMessage]:
    """Every message in the folder, in the order in which they came."""
    box = mailbox.Maildir(maildir, create=False)
    kept = (box.get_bytes(key) for key in sorted(box.keys()))
    return [message_from_bytes(one, _class=EmailMessage, policy=policy.default) for one in kept]


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="mail", description="A mail relay that keeps what it gets.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--maildir", type=Path, required=True)
    options = parser.parse_args(arguments)
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    server = MailServer(options.host, options.port, options.maildir)
    server.start()
    stopped.wait()
    server.stop()


if __name__ == "__main__":
    main()
