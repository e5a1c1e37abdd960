"""Make what docker-compose.yaml needs and git must not hold: secrets, `.env`, and who may do what in S3.

Run it with the project's environment: ``.venv/bin/python deploy/make_env.py``. It is safe to repeat, and has to be
repeated after an upgrade: secrets and `.env` are made once, and get only what this version needs and they lack; the S3
identities are written anew from the same secrets and the rights of this version of the code.
"""

import os
import sys
from pathlib import Path

from kerndata.contracts.code_lists import provinces
from kerndata.local.files import write_private_json
from kerndata.local.grpc_lock import lock_grpc
from kerndata.local.rights import identities, policies
from kerndata.local.secrets import Secrets, load_or_create

ENV = """\
# Secrets and settings of this installation. Made by deploy/make_env.py, which only adds what a newer version needs.
# A database password counts when the database is made; later, change it there (ALTER ROLE) and here together.
KERNDATA_POSTGRES_PASSWORD={postgres_password}
KERNDATA_AIRFLOW_DB_PASSWORD={airflow_db_password}
KERNDATA_LEDGER_DB_PASSWORD={kerndata_db_password}
# Of user "engineer" in Airflow.
KERNDATA_AIRFLOW_PASSWORD={airflow_password}
KERNDATA_AIRFLOW_JWT_SECRET={airflow_jwt_secret}
KERNDATA_AIRFLOW_SECRET_KEY={airflow_secret_key}
KERNDATA_AIRFLOW_FERNET_KEY={airflow_fernet_key}
# Encrypts objects in S3 where that is asked for; without it those objects cannot be read again.
KERNDATA_S3_KEK={s3_kek}
KERNDATA_S3_OPERATOR_ACCESS_KEY={s3[operator].access_key}
KERNDATA_S3_OPERATOR_SECRET_KEY={s3[operator].secret_key}
KERNDATA_S3_EXCHANGE_ACCESS_KEY={s3[exchange].access_key}
KERNDATA_S3_EXCHANGE_SECRET_KEY={s3[exchange].secret_key}
# Signs releases (Ed25519 seed, hex). Whoever has it can make a release that looks like ours.
KERNDATA_SIGNING_KEY={signing_key}
# Makes the tokens of the unsubscribe links in digests; with another key the links in mails of before no longer work.
KERNDATA_DIGEST_KEY={digest_key}

# Settings. The ports are on 127.0.0.1; put a TLS proxy before them to let others in.
KERNDATA_AIRFLOW_PORT=8080
KERNDATA_AIRFLOW_URL=http://127.0.0.1:8080
KERNDATA_S3_PORT=8333
# Where everybody reads the bucket "published": notices and release notes point there.
KERNDATA_PUBLIC_URL=http://127.0.0.1:8333/published
# Tasks at once: two per core is a good start.
KERNDATA_PARALLELISM={parallelism}
# Connections to outside parties, as Airflow's JSON; empty while there are none. See docs/how-to/run-with-compose.md.
KERNDATA_CLOUDEVENTS=
KERNDATA_TAXII=
KERNDATA_SDG_PDC=
KERNDATA_SDG_STATISTICS=
KERNDATA_WEBHOOK=
KERNDATA_PROVINCE_API=
KERNDATA_CBS=
KERNDATA_SMTP=
KERNDATA_SCANNER=
"""


def main(root: Path) -> None:
    """Write `.env` and `.state/compose/` below ``root``, readable by the owner only."""
    state, slugs = root / ".state" / "compose", [province.slug for province in provinces()]
    for folder in (state, state / "s3"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (root / ".env").exists() and not (state / "secrets.json").exists():
        sys.exit(f"{root / '.env'} is there but {state / 'secrets.json'}, which it was made from, is not: restore it")
    secrets = load_or_create(state / "secrets.json", slugs)
    rights = {"identities": identities(secrets.s3, slugs), "policies": policies(slugs)}
    write_private_json(state / "s3" / "s3.json", rights)
    lock_grpc(state / "s3", seen_as="/etc/kerndata")
    written = _write_env(root / ".env", secrets)
    sys.stdout.write(f".env {'made' if written else 'kept as it was'}; S3 identities written to {state / 's3'}\n")


def _write_env(path: Path, secrets: Secrets) -> bool:
    """Write `.env`; when it is there, only add the secrets it lacks: False."""
    text = ENV.format(**dict(secrets), parallelism=max(4, 2 * (os.cpu_count() or 1)))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        later = {"KERNDATA_SIGNING_KEY": secrets.signing_key, "KERNDATA_DIGEST_KEY": secrets.digest_key}
        known = path.read_text(encoding="utf-8")
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in later.items() if f"{name}=" not in known)
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return True


if __name__ == "__main__":
    main(Path(__file__).resolve().parents[1])
