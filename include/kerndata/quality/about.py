"""What a row is about, in Dutch, for messages that name rows outside the file at hand."""

from collections.abc import Mapping
from typing import Any

from kerndata.contracts.code_lists import indicators, provinces
from kerndata.contracts.contract import Contract
from kerndata.quality.places import short


def about(contract: Contract, row: Mapping[Any, Any]) -> str:
    """Indicator, region, period; or the project's name and number."""
    if contract.dataset == "projects":
        return short(f"{row['name']} ({row['project_id']})", 120)
    code = row["indicator_code"]
    name = indicators()[code].name_nl if code in indicators() else ""
    places = {one.code: one.name for one in provinces()}
    parts = [f"{code} {name}".strip(), places.get(row["region_code"], row["region_code"]), row["period"]]
    return short(", ".join([*parts, *([row["category"]] if row["category"] != "totaal" else [])]), 160)
