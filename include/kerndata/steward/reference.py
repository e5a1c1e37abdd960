"""Makes ``docs/reference`` from the contracts: ``make reference``, or ``python -m kerndata.steward.reference FOLDER``.

A page per kind of rule, the Great Expectations suites, the Table Schema and JSON Schema of the published files, the
schema of receipts, the schemas of our own events. A test fails when what stands in the repository is not what they
give.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kerndata.contracts.contract import Contract, delivery_rules, load_contract, release_rules
from kerndata.contracts.schemas import json_schema, table_schema
from kerndata.notices import payloads
from kerndata.quality.expectations import suite_of
from kerndata.quality.receipt_model import schema
from kerndata.steward.rule_pages import rules_page

DATASETS = ("indicators", "projects")
JUDGED = "Great Expectations judges each; our own evaluator must agree on every row."
ABOUT = {
    "indicators": f"Rules on one row of an indicators delivery. {JUDGED}",
    "projects": f"Rules on one row of a projects delivery. {JUDGED}",
    "deliveries": "Rules on a file as a whole (F) and on a cell that could not be understood, or was repaired (H).",
    "releases": "Rules on the twelve provinces together, judged on a candidate.",
}


def of_contract(contract: Contract) -> dict[str, str]:
    """What is made of one dataset's contract: name below ``docs/reference`` to text."""
    name = contract.dataset
    page = rules_page(f"Rules of {name}", ABOUT[name], f"{name}.odcs.yaml", contract.rules, contract)
    return {
        f"rules-{name}.md": page,
        f"suites/{name}.json": _json(suite_json(contract)),
        f"schemas/{name}.tableschema.json": _json(table_schema(contract)),
        f"schemas/{name}.schema.json": _json(json_schema(contract)),
    }


def documents() -> dict[str, str]:
    """Everything that is made: name below ``docs/reference`` to text."""
    made = {name: text for dataset in DATASETS for name, text in of_contract(load_contract(dataset)).items()}
    for name, rules in (("deliveries", delivery_rules()), ("releases", tuple(release_rules().values()))):
        made[f"rules-{name}.md"] = rules_page(f"Rules of {name}", ABOUT[name], f"{name}.odcs.yaml", rules)
    events = {f"notices/{payloads.schema_name(one)}": _json(payloads.schema(one)) for one in payloads.EVENTS}
    return made | events | {"receipt.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"}


def suite_json(contract: Contract) -> Mapping[str, Any]:
    """The suite as Great Expectations writes it, without the version that wrote it."""
    told: dict[str, Any] = suite_of(contract).to_json_dict()
    return {name: told[name] for name in ("name", "expectations")} | {"meta": {"contract": contract.version}}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all documents below the folder given."""
    folder = Path(sys.argv[1])
    for name, text in documents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
