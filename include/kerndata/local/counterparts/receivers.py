"""Runs the SDG receivers and a subscriber, each on a port of its own, in one process.

``python -m kerndata.local.counterparts.receivers --pdc-port 8701 --collect-port 8702 --webhook-port 8703 --folder F``
with token, key and secret in KERNDATA_PDC_TOKEN, KERNDATA_COLLECT_KEY and KERNDATA_WEBHOOK_SECRET. Their journals are
in the folder. Safe to stop at any moment: an effect is written before it is acknowledged.
"""

import argparse
import os
import signal
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from kerndata.local.counterparts.sdg import Collect, Pdc
from kerndata.local.counterparts.stub import Stub
from kerndata.local.counterparts.subscriber import Subscriber

VARIABLES = {"pdc": "KERNDATA_PDC_TOKEN", "collect": "KERNDATA_COLLECT_KEY", "webhook": "KERNDATA_WEBHOOK_SECRET"}
KINDS: dict[str, type[Pdc | Collect | Subscriber]] = {"pdc": Pdc, "collect": Collect, "webhook": Subscriber}


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; exits with a message when a secret is missing."""
    parser = argparse.ArgumentParser(prog="receivers", description="SDG receivers and a subscriber.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--folder", type=Path, required=True)
    for name in KINDS:
        parser.add_argument(f"--{name}-port", type=int, required=True)
    options = parser.parse_args(arguments)
    missing = [variable for variable in VARIABLES.values() if not os.environ.get(variable)]
    if missing:
        parser.error(f"put the secrets in the environment: {', '.join(missing)}")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with ExitStack() as opened:
        for name, kind in KINDS.items():
            port, secret = getattr(options, f"{name}_port"), os.environ[VARIABLES[name]]
            serve(opened, kind(options.host, port, options.folder / f"{name}.jsonl", secret))
        stopped.wait()


def serve(opened: ExitStack, server: Stub) -> None:
    """Let a server answer in a thread of its own until ``opened`` is closed."""
    opened.enter_context(server)
    opened.callback(server.shutdown)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()


if __name__ == "__main__":
    main()
