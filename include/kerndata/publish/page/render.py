"""From a release's folder to its public pages: ``index.html`` (Dutch), ``en.html`` (English) and what they load.

Each page stands alone: style and pictures are in it. With JavaScript it loads ``assets/`` beside it and nothing else;
its own policy forbids the rest. The same folder and description give the same bytes.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from kerndata.publish.about import ROOT, About
from kerndata.publish.page import geometry, notation, tilemap
from kerndata.publish.page.cards import CODES, NAMES, Card, anchor, card, glance
from kerndata.publish.page.charts import EACH, NATIONAL, chart_values, options, specification
from kerndata.publish.page.data import read_picture
from kerndata.publish.page.notation import Language
from kerndata.publish.page.snippets import snippets
from kerndata.publish.page.views import REASONS, Picture
from kerndata.publish.page.words import LANGUAGES, Words
from kerndata.store import keys

PAGES: Mapping[Language, str] = {"nl": "index.html", "en": "en.html"}
FRONT = "front/"
# Stand in a rendered page for where it will stand. No text from data looks like one: its < is escaped.
_PREFIX, _ROOT = Markup("<prefix>"), Markup("<root>")
MOST_TOGETHER = 20  # findings on all provinces together that are shown
_THEMES = ("emissies", "verbruik", "resultaten", "voortgang", "overig")
_STATUSES = ("definitief", "nader_voorlopig", "voorlopig", "schatting")
_LIBRARIES = ("vega", "vega-lite", "vega-embed")


def pages(folder: Path, about: About, *, base_url: str = "") -> Mapping[str, bytes]:
    """Make the pages of a release and their assets, by name in the release.

    Those under ``FRONT`` are the same pages for the fixed address ``kerndataset/``: their links lead into the folder
    of the release. They are kept in it, under its checksums and signature, and copied from there. ``base_url`` is the
    address of the public bucket, for the examples; without it they read files beside them, until a browser with
    JavaScript knows the address.
    """
    address = f"{base_url.rstrip('/')}/{keys.release_key(about.version, '')}" if base_url else ""
    picture = read_picture(folder)
    made = {PAGES[one]: _page(picture, about, one, address) for one in LANGUAGES}
    here = {name: _placed(text, "", ROOT) for name, text in made.items()}
    front = {f"{FRONT}{name}": _placed(text, f"releases/{about.version}/", "") for name, text in made.items()}
    return here | front | assets()


def _placed(text: str, prefix: str, root: str) -> bytes:
    """Fill in where the page stands: ``prefix`` leads to the files of its release, ``root`` to the fixed address."""
    return text.replace(_PREFIX, prefix).replace(_ROOT, root).encode()


def _page(picture: Picture, about: About, language: Language, address: str) -> str:
    words = Words(language)
    cards = [card(one) for one in picture.series]
    style = _text("templates/page.css")
    first = next((one.series.code for one in glance(cards)), picture.series[0].code if picture.series else "")
    page = _environment(language).get_template("page.html")
    return page.render(
        lang=language,
        other=next(one for one in LANGUAGES if one != language),
        pages=PAGES,
        t=words,
        about=about,
        picture=picture,
        themes=dict(_by_theme(cards)),
        glance=glance(cards),
        names=NAMES,
        codes=CODES,
        reasons=REASONS,
        dimensions=_SIZES,
        most_together=MOST_TOGETHER,
        snippets=snippets(address, first),
        prefix=_PREFIX,
        root=_ROOT,
        address=address,
        style=Markup(style),  # noqa: S704 - a file of ours
        style_hash=b64encode(sha256(style.encode()).digest()).decode(),
        charts=_charts(cards, words),
        regions=[(NATIONAL, words("country")), (EACH, words("all_provinces")), *NAMES.items()],
    )


def _by_theme(cards: Sequence[Card]) -> Iterator[tuple[str, list[Card]]]:
    for theme in _THEMES:
        found = [one for one in cards if (one.series.theme if one.series.theme in _THEMES else "overig") == theme]
        if found:
            yield theme, found


def _charts(cards: Sequence[Card], words: Words) -> Mapping[str, Any]:
    """What the page's script draws: one specification, and per indicator its values."""
    statuses = {code: words.of("status", code) for code in _STATUSES}
    titles = {name: words(name) for name in ("region", "period", "value", "status", "million")}
    return {
        "spec": specification(titles),
        "options": options(words.language),
        "values": {
            one.anchor: chart_values(one.series, statuses, words("country")) for one in cards if one.period is not None
        },
    }


_SIZES: Mapping[str, int] = MappingProxyType(
    {
        "width": geometry.WIDTH,
        "height": geometry.HEIGHT,
        "left": geometry.LEFT,
        "right": geometry.RIGHT,
        "bottom": geometry.BOTTOM,
        "tile": tilemap.TILE,
        "map_width": tilemap.WIDTH,
        "map_height": tilemap.HEIGHT,
    }
)


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=_Packaged(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": False, "separators": (",", ":")}
    for name in ("number", "compact", "percent", "size"):
        environment.filters[name] = _in(getattr(notation, name), language)
    environment.filters["anchor"] = anchor
    return environment


def _in(function: Any, language: Language) -> Any:
    def worded(value: Any, **options: bool) -> str:
        return str(function(value, language, **options))

    return worded


class _Packaged(BaseLoader):
    """Templates from this package, wherever it is installed."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, None, None]:
        """Read a template; TemplateNotFound when there is none."""
        found = _resource(f"templates/{template}")
        if not found.is_file():
            raise TemplateNotFound(template)
        return found.read_text("utf-8"), None, None


def assets() -> dict[str, bytes]:
    """What the pages load when there is JavaScript: our script, and Vega-Lite with its licences as published."""
    notice = _text("assets/vendor/LICENSES.txt")
    joined = [f"/*!\n{notice}*/", *(_library(name) for name in _LIBRARIES)]
    return {"assets/page.js": _text("assets/page.js").encode(), "assets/vega.js": "\n".join(joined).encode()}


def _library(name: str) -> str:
    """A library as published, without the line that names a file of its developers."""
    return _text(f"assets/vendor/{name}.min.js").partition("\n//# sourceMappingURL=")[0]


def _text(name: str) -> str:
    return _resource(name).read_text("utf-8")


def _resource(name: str) -> Traversable:
    return files("kerndata.publish.page").joinpath(name)
