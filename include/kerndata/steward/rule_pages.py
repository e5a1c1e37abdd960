"""The pages of ``docs/reference`` that show every rule: made from the contracts, never by hand."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import yaml

from kerndata.contracts.code_lists import indicators
from kerndata.contracts.contract import Contract, Rule, release_rules
from kerndata.model.finding import Severity
from kerndata.quality.receipt_words import KEPT

EFFECTS: Mapping[Severity, str] = MappingProxyType(
    {Severity.ERROR: "error: refuses", Severity.WARNING: "warning: flags", Severity.INFO: "info: is counted"}
)
# On a file or a release as a whole: no row is refused or flagged.
WHOLE: Mapping[Severity, str] = MappingProxyType(
    {Severity.ERROR: "error: a person looks before a release", Severity.WARNING: "warning: is told with the release"}
)
MADE = "Made by `make reference` from `include/kerndata/contracts/{}`; change the contract, not this page."


def rules_page(title: str, about: str, file: str, rules: Iterable[Rule], contract: Contract | None = None) -> str:
    """One page in Markdown: a table of the rules, then each rule in full, then the bounds they use."""
    every = list(rules)
    lines = [
        f"# {title}",
        "",
        MADE.format(file),
        "",
        about,
        "",
        "| rule | about | dimension | effect |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| [{one.id}](#{one.id.lower()}) | {_cell(one.name)} | {one.dimension} | {_effect(one)} |" for one in every
    ]
    for one in every:
        lines += ["", *_section(one, contract)]
    if contract is not None:
        lines += ["", *_settings(contract)]
    if contract is not None and contract.dataset == "indicators":
        lines += ["", *_bounds()]
    return "\n".join(lines) + "\n"


def _effect(rule: Rule) -> str:
    is_whole = rule.id in KEPT or rule.id in release_rules()
    return WHOLE[rule.severity] if is_whole else EFFECTS[rule.severity]


def _section(rule: Rule, contract: Contract | None) -> Iterator[str]:
    yield f"## {rule.id}"
    yield ""
    column = f", column `{rule.column}`" if rule.column else ""
    yield f"{rule.name.capitalize()} ({rule.dimension}, {rule.severity.value}{column})."
    yield ""
    yield f"- **Expression**: {_expression(rule)}"
    yield f"- **Bericht**: {rule.message_nl}"
    yield f"- **Message**: {rule.message_en}"
    yield f"- **Wat te doen**: {rule.action_nl}"
    yield f"- **Why**: {rule.why}"
    yield f"- **Source**: {rule.source}"


def _expression(rule: Rule) -> str:
    if rule.expectation is None:
        return f"found by `{rule.judged_by}`"
    arguments = ", ".join(f"{name}={value!r}" for name, value in rule.arguments.items())
    return f"`{rule.expectation}({arguments})`"


def _settings(contract: Contract) -> Iterator[str]:
    yield "## Bounds and lists of the contract"
    for name, value in contract.settings.items():
        yield ""
        yield f"`{name}`: {contract.setting_notes.get(name, '')}"
        yield ""
        yield f"    {_shown(value)}"


def _shown(value: Any) -> str:
    return (
        yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False)
        .strip()
        .removesuffix("...")
        .strip()
    )


def _bounds() -> Iterator[str]:
    yield "## Bounds per indicator"
    yield ""
    yield "Of one province and one year; the change is from one year to the next, in percent."
    yield ""
    yield "| indicator | name | unit | lowest | highest | passing them | change | public source |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in indicators().values():
        kind = {"hard": "refuses", "advisory": "flags"}[one.bound_kind]
        change = "" if one.yoy_minimum_pct is None else f"{one.yoy_minimum_pct} to {one.yoy_maximum_pct}"
        cells = (one.code, one.name_en, one.unit, one.minimum, one.maximum, kind, change, one.source)
        yield f"| {' | '.join(_cell(str(cell)) for cell in cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
