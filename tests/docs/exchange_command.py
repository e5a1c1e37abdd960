"""The command `kerndata` in this process, talking to the exchange of a test: as a shell runs it, started once."""

from collections.abc import Sequence

from click.testing import Result
from typer.testing import CliRunner

from kerndata.cli import app
from kerndata.local.stack import Stack


def exchange_of(stack: Stack, ledger_url: str) -> dict[str, str]:
    """The environment that makes the command talk to this store and this ledger."""
    key = stack.secrets.s3["exchange"]
    return {
        "KERNDATA_LEDGER_URL": ledger_url,
        "KERNDATA_S3_ENDPOINT": stack.s3_endpoint,
        "KERNDATA_S3_ACCESS_KEY": key.access_key,
        "KERNDATA_S3_SECRET_KEY": key.secret_key,
    }


def command(words: Sequence[str], environment: dict[str, str]) -> Result:
    """Run `kerndata` with these words; what it printed, and its exit status."""
    done = CliRunner().invoke(app, list(words), env=environment)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done
