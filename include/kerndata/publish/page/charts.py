"""The charts for a browser with JavaScript: one Vega-Lite specification, and the values of each indicator.

Colours are the page's own CSS variables, so that charts follow light, dark and print. Expressions are interpreted,
never evaluated as code (``ast``), so that the page can forbid that.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from kerndata.contracts.code_lists import provinces
from kerndata.publish.page.notation import Language
from kerndata.publish.page.views import Series

NATIONAL, EACH = "NL01", "PV"
_LOCALES: Mapping[Language, Mapping[str, Any]] = MappingProxyType(
    {
        "nl": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["€\u00a0", ""]},
        "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["€", ""]},
    }
)


def chart_values(series: Series, statuses: Mapping[str, str], country: str) -> list[dict[str, Any]]:
    """Rows of a chart: region ``r`` and its name ``n``, period ``p``, value ``v``, status ``s``, is provisional ``f``.

    A period without a national total has a row with the coverage ``c`` and no value.
    """
    rows: list[dict[str, Any]] = []
    for period in series.periods:
        total = series.totals.get(period)
        if series.is_summed:
            value, status = (total.value, total.status) if total else (None, None)
            rows.append(_row(NATIONAL, country, period, value, status, statuses, series))
        for one in provinces():
            cell = series.cell(period, one.code)
            if cell.value is not None:
                rows.append(_row(one.code, one.name, period, cell.value, cell.status, statuses, None))
    return rows


def _row(
    region: str,
    name: str,
    period: str,
    value: Decimal | None,
    status: str | None,
    statuses: Mapping[str, str],
    series: Series | None,
) -> dict[str, Any]:
    row: dict[str, Any] = {"r": region, "n": name, "p": period, "v": _plain(value)}
    if value is not None:
        row |= {"s": statuses.get(status or "", status or ""), "f": int(status != "definitief")}
    elif series is not None:
        row |= {"c": f"{series.with_value(period)}/{len(provinces())}"}
    return row


def _plain(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def specification(titles: Mapping[str, str]) -> dict[str, Any]:
    """The one specification: bars of the chosen region (``region``), or the lines of all provinces.

    ``titles``: words for period, value, region, status, million. The page's script adds the values and sets ``region``.
    """
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": 210,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": None,
        "params": [{"name": "region", "value": NATIONAL}],
        "encoding": {"x": {"field": "p", "type": "ordinal", "axis": {"title": None, "labelAngle": 0}}},
        "layer": [_bars(titles), _gaps(), _lines(titles)],
        "config": _CONFIG,
    }


def options(language: Language) -> dict[str, Any]:
    """How the page embeds a chart: SVG, no menu, no style elements, no evaluation, numbers in the page's language."""
    return {
        "ast": True,
        "logLevel": 1,  # errors; a warning for each layer that the chosen region leaves empty tells nobody anything
        "actions": False,
        "renderer": "svg",
        "defaultStyle": False,
        "tooltip": {"disableDefaultStyle": True},
        "formatLocale": dict(_LOCALES[language]),
    }


def _scale(titles: Mapping[str, str]) -> dict[str, Any]:
    label = (
        f"datum.value >= 1e6 ? format(datum.value / 1e6, ',~r') + ' {titles['million']}' : format(datum.value, ',~r')"
    )
    axis = {"title": None, "tickCount": 4, "labelExpr": label}
    return {"field": "v", "type": "quantitative", "axis": axis, "scale": {"zero": True}}


def _tooltip(titles: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"field": "n", "title": titles["region"]},
        {"field": "p", "title": titles["period"]},
        {"field": "v", "type": "quantitative", "format": ",", "title": titles["value"]},
        {"field": "s", "title": titles["status"]},
    ]


_CONFIG = {
    "font": "system-ui, sans-serif",
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "aria": False,
        "labelColor": "var(--soft)",
        "labelFontSize": 12,
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "gridColor": "var(--line)",
    },
}


def _bars(titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "transform": [{"filter": "datum.r === region && isValid(datum.v)"}],
        "mark": {"type": "bar", "aria": False, "width": {"band": 0.62}, "cornerRadiusEnd": 2, "strokeWidth": 1.5},
        "encoding": {
            "y": _scale(titles),
            "fill": {"condition": {"test": "datum.f === 1", "value": "url(#streep)"}, "value": "var(--bar)"},
            "stroke": {"value": "var(--bar)"},
            "strokeDash": {"condition": {"test": "datum.f === 1", "value": [4, 3]}, "value": [1, 0]},
            "tooltip": _tooltip(titles),
        },
    }


def _gaps() -> dict[str, Any]:
    return {
        "transform": [{"filter": "datum.r === region && !isValid(datum.v)"}],
        "mark": {
            "type": "text",
            "aria": False,
            "baseline": "bottom",
            "dy": -4,
            "fontSize": 12,
            "fill": "var(--soft)",
            "tooltip": None,
        },
        "encoding": {"y": {"datum": 0, "type": "quantitative"}, "text": {"field": "c"}},
    }


def _lines(titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "transform": [{"filter": f"region === '{EACH}' && datum.r !== '{NATIONAL}'"}],
        "mark": {"type": "line", "aria": False, "point": {"size": 40, "filled": True, "aria": False}},
        "params": [{"name": "near", "select": {"type": "point", "fields": ["n"], "on": "pointerover"}}],
        "encoding": {
            "y": _scale(titles),
            "detail": {"field": "n"},
            "color": {"condition": {"param": "near", "empty": False, "value": "var(--mark)"}, "value": "var(--bar)"},
            "opacity": {"condition": {"param": "near", "empty": False, "value": 1}, "value": 0.6},
            "tooltip": _tooltip(titles),
        },
    }
