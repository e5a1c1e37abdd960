"""The secrets of one embedded stack: generated on the first ``up``, kept after that, in one file for the owner only."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from kerndata.errors import ConfigurationError
from kerndata.local.files import write_private

ROLES = ("operator", "exchange", "engineer")
"""S3 identities beside the twelve provinces: who sets the buckets up, the pipeline, and a reader of everything."""


class AccessKey(BaseModel):
    """An S3 key pair."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    access_key: str
    secret_key: str


class Secrets(BaseModel):
    """Everything in a stack that must not be known outside it. ``s3`` is keyed by role or province slug."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    supervisor_password: str
    postgres_password: str
    kerndata_db_password: str
    airflow_db_password: str
    airflow_password: str
    airflow_jwt_secret: str
    airflow_secret_key: str
    airflow_fernet_key: str
    s3_kek: str
    hub_secret: str
    taxii_password: str
    signing_key: str
    pdc_token: str
    collect_key: str
    webhook_secret: str
    digest_key: str
    s3: dict[str, AccessKey]


def _webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


_LATER: Mapping[str, Callable[[], str]] = {
    "signing_key": lambda: secrets.token_hex(32),
    "pdc_token": lambda: secrets.token_hex(20),
    "collect_key": lambda: secrets.token_hex(20),
    "webhook_secret": _webhook_secret,
    "digest_key": lambda: secrets.token_hex(32),
}
"""What a stack of an earlier version does not have."""


def _generate(identities: Sequence[str]) -> Secrets:
    """Make new secrets; letters and digits only, so that they need no quoting in a URL or a config file."""
    return Secrets(
        supervisor_password=secrets.token_hex(16),
        postgres_password=secrets.token_hex(16),
        kerndata_db_password=secrets.token_hex(16),
        airflow_db_password=secrets.token_hex(16),
        airflow_password=secrets.token_hex(8),
        airflow_jwt_secret=secrets.token_hex(32),
        airflow_secret_key=secrets.token_hex(32),
        airflow_fernet_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        s3_kek=secrets.token_hex(32),
        hub_secret=secrets.token_hex(32),
        taxii_password=secrets.token_hex(16),
        **{name: make() for name, make in _LATER.items()},
        s3={name: AccessKey(access_key=secrets.token_hex(10), secret_key=secrets.token_hex(20)) for name in identities},
    )


def _completed(path: Path) -> Secrets:
    """Read the secrets; a stack of an earlier version gets those that it lacks now, and keeps all the rest."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    missing = {name: make() for name, make in _LATER.items() if name not in kept}
    made = Secrets.model_validate({**kept, **missing})
    if not missing:
        return made
    write_private(path, made.model_dump_json(indent=2) + "\n")
    return made


def load_or_create(path: Path, province_slugs: Sequence[str]) -> Secrets:
    """Return the secrets kept in ``path``, made on first use; ConfigurationError when the file is not understood."""
    if path.exists():
        try:
            return _completed(path)
        except (ValueError, ValidationError) as error:
            raise ConfigurationError(
                f"{path} does not hold the secrets of a stack ({error}). Remove the whole state folder {path.parent} "
                "to start with a fresh stack; its data go with it."
            ) from error
    made = _generate((*ROLES, *province_slugs))
    write_private(path, made.model_dump_json(indent=2) + "\n")
    return made
