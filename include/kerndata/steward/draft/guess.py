"""What a draft proposes, key by key: a value, whether it is certain, and why; written as YAML with that as comment."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guess:
    """One key of the proposal. ``about``: the contract columns that are read wrong when the guess is."""

    path: Path
    value: Any
    is_sure: bool
    why: str
    about: frozenset[str] = frozenset()

    @property
    def comment(self) -> str:
        """The Dutch comment behind the key."""
        return f"{'zeker' if self.is_sure else 'twijfel'}: {self.why}"


@dataclass
class Guesses:
    """All guesses about one delivery, in the order in which they are written."""

    all: list[Guess] = field(default_factory=list)

    def sure(self, path: str, value: Any, why: str) -> None:
        """Add what the file itself says."""
        self.all.append(Guess(tuple(path.split(".")), value, True, why))

    def doubt(self, path: str, value: Any, why: str, about: Iterable[str]) -> None:
        """Add what could also be otherwise; ``about``: the contract columns that depend on it."""
        self.all.append(Guess(tuple(path.split(".")), value, False, why, frozenset(about)))

    def entry(self, path: str, key: str, value: Any, why: str, about: Iterable[str] | None) -> None:
        """Add a key of theirs (which may hold dots) below ``path``; in doubt when ``about`` is given."""
        self.all.append(Guess((*path.split("."), key), value, about is None, why, frozenset(about or ())))

    def note(self, path: str, why: str, about: Iterable[str]) -> None:
        """Add a doubt that proposes nothing: a comment without a key."""
        self.all.append(Guess(tuple(path.split(".")), None, False, why, frozenset(about)))

    @property
    def doubted(self) -> frozenset[str]:
        """The contract columns that at least one doubt is about."""
        return frozenset().union(*(one.about for one in self.all if not one.is_sure))

    def tree(self) -> dict[str, Any]:
        """Return the proposal as the nested mapping that the schema reads."""
        root: dict[str, Any] = {}
        for one in self.all:
            if one.value is not None:
                place = root
                for key in one.path[:-1]:
                    place = place.setdefault(key, {})
                place[one.path[-1]] = one.value
        return root

    def lines(self, indent: str) -> Iterator[str]:
        """Yield the proposal as YAML, each key with its comment."""
        told = {one.path: one for one in self.all if one.value is not None}
        yield from _lines(self.tree(), told, (), indent)
        for one in self.all:
            if one.value is None:
                yield f"{indent}# {one.comment}"


def _lines(tree: Mapping[str, Any], told: Mapping[Path, Guess], above: Path, indent: str) -> Iterator[str]:
    for key, value in tree.items():
        path = (*above, key)
        if isinstance(value, dict):
            yield f"{indent}{scalar(key)}:"
            yield from _lines(value, told, path, indent + "  ")
        else:
            yield f"{indent}{scalar(key)}: {scalar(value)} # {told[path].comment}"


def scalar(value: Any) -> str:
    """Return a scalar or a short list as YAML in one line, without a comment or line end of its own."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**9)
    return text.removesuffix("\n").removesuffix("\n...").strip()
