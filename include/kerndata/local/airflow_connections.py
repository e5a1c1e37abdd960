"""The Airflow connections of the embedded stack; in production the same names hold the real ones.

``extra.allow_private`` lets us connect to a loopback address without TLS: here the counterparts are on this machine.

======================= ======== =======================================================================================
name                    type     fields
======================= ======== =======================================================================================
kerndata_ledger         postgres host, port, login, password, schema = database
kerndata_s3             aws      login = access key, password = secret key, extra.endpoint_url
kerndata_cloudevents    http     host, port, schema = http(s), extra.path = where to POST; login = issuer and password =
                                 secret of the JWT (HS256); extra.allow_private
kerndata_taxii          http     host, port, schema, login, password (basic); extra.api_root, extra.collection,
                                 extra.path = ``/<api root>/collections/<collection>``; extra.allow_private
kerndata_sdg_pdc        http     host, port, schema, extra.path = the API with its version (/api/v1); password = token
kerndata_sdg_statistics http     host, port, schema, extra.path = the API with its version (/v1); password = API key
kerndata_webhook        http     host, port, schema, extra.path = the subscriber's address; password = one or two keys
                                 (whsec_…, a space between them)
kerndata_province_api   http     host, port, schema; extra.allow_private
kerndata_cbs            http     host, port, schema, extra.path = where the OData tables are; extra.allow_private
kerndata_smtp           smtp     host, port, schema = smtps (TLS from the start) or smtp (STARTTLS); login, password;
                                 extra.allow_private (on loopback: also without TLS)
kerndata_digest         generic  password = the key of the tokens in unsubscribe links
kerndata_signing        generic  password = the Ed25519 seed that signs releases, 64 hex digits
======================= ======== =======================================================================================
"""

import json
from typing import Any

from kerndata.local.counterpart_programs import (
    COLLECT_PATH,
    HUB_PATH,
    PDC_PATH,
    TAXII_API_ROOT,
    TAXII_COLLECTION,
    TAXII_USER,
    WEBHOOK_PATH,
)
from kerndata.local.secrets import Secrets
from kerndata.local.settings import HOST, Ports


def connections(ports: Ports, secrets: Secrets) -> dict[str, str]:
    """Every connection by name, as the JSON that ``AIRFLOW_CONN_<NAME>`` takes."""
    exchange = secrets.s3["exchange"]
    made = {
        "kerndata_ledger": {
            "conn_type": "postgres",
            "host": HOST,
            "port": ports.postgres,
            "login": "kerndata",
            "password": secrets.kerndata_db_password,
            "schema": "kerndata",
        },
        "kerndata_s3": {
            "conn_type": "aws",
            "login": exchange.access_key,
            "password": exchange.secret_key,
            "extra": {"endpoint_url": f"http://{HOST}:{ports.s3}", "region_name": "us-east-1"},
        },
        "kerndata_cloudevents": {
            "conn_type": "http",
            "schema": "http",
            "host": HOST,
            "port": ports.hub,
            "login": "kerndata",
            "password": secrets.hub_secret,
            "extra": {"path": HUB_PATH, "allow_private": True},
        },
        "kerndata_taxii": {
            "conn_type": "http",
            "schema": "http",
            "host": HOST,
            "port": ports.taxii,
            "login": TAXII_USER,
            "password": secrets.taxii_password,
            "extra": {
                "api_root": TAXII_API_ROOT,
                "collection": TAXII_COLLECTION,
                "path": f"/{TAXII_API_ROOT}/collections/{TAXII_COLLECTION}",
                "allow_private": True,
            },
        },
        "kerndata_sdg_pdc": _http(ports.pdc, PDC_PATH, secrets.pdc_token),
        "kerndata_sdg_statistics": _http(ports.collect, COLLECT_PATH, secrets.collect_key),
        "kerndata_webhook": _http(ports.webhook, WEBHOOK_PATH, secrets.webhook_secret),
        "kerndata_province_api": {
            "conn_type": "http",
            "schema": "http",
            "host": HOST,
            "port": ports.province_api,
            "extra": {"allow_private": True},
        },
        "kerndata_cbs": {
            "conn_type": "http",
            "schema": "http",
            "host": HOST,
            "port": ports.province_api,
            "extra": {"path": "/odata/v3/cbs", "allow_private": True},
        },
        "kerndata_smtp": {
            "conn_type": "smtp",
            "schema": "smtp",
            "host": HOST,
            "port": ports.mail,
            "extra": {"allow_private": True},
        },
    }
    made["kerndata_digest"] = {"conn_type": "generic", "password": secrets.digest_key}
    made["kerndata_signing"] = {"conn_type": "generic", "password": secrets.signing_key}
    return {name: json.dumps(connection) for name, connection in made.items()}


def _http(port: int, path: str, password: str) -> dict[str, Any]:
    extra = {"path": path, "allow_private": True}
    return {"conn_type": "http", "schema": "http", "host": HOST, "port": port, "password": password, "extra": extra}
