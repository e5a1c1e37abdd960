"""Regular expressions in source YAMLs: none that cannot match, none that a hostile header can make run for hours."""

from collections.abc import Iterator, Sequence
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

ENDS = (_constants.AT_END, _constants.AT_END_STRING)
BEGINS = (_constants.AT_BEGINNING, _constants.AT_BEGINNING_STRING)
REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
MANY = 32  # repeated at most so often inside another repeat is cheap enough on cells of limited length


def usable(pattern: str) -> None:
    """Raise ``ValueError`` when a pattern cannot match anything, or repeats a repeat (exponential backtracking)."""
    parsed = _parser.parse(pattern)
    if not _can_match(list(parsed)):
        raise ValueError(f"can never match: {pattern!r} wants text before its start (^) or after its end ($)")
    if any(_repeats_inside(body) for body in _repeated(list(parsed))):
        raise ValueError(f"repeats a repeat, which can take hours on a hostile cell: {pattern!r}; repeat only once")


def _can_match(items: Sequence[Any]) -> bool:
    """Whether no item with a width stands before a start or behind an end, in this sequence and all inside it."""
    ended, seen = False, False
    for operation, argument in items:
        width = _parser.SubPattern(_parser.State(), [(operation, argument)]).getwidth()[0]
        if operation is _constants.AT:
            if argument in BEGINS and seen:
                return False
            ended = ended or argument in ENDS
        elif width and ended:
            return False
        seen = seen or width > 0
    return all(any(_can_match(one) for one in choices) for choices in _inner(items))


def _inner(items: Sequence[Any]) -> Iterator[list[list[Any]]]:
    """Yield, per group of a sequence, its choices (one of which must be able to match)."""
    for operation, argument in items:
        if operation is _constants.BRANCH:
            yield [list(one) for one in argument[1]]
        elif operation is _constants.SUBPATTERN:
            yield [list(argument[-1])]


def _repeated(items: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield the body of every repeat without a small bound, at any depth."""
    for operation, argument in items:
        if operation in REPEATS:
            if argument[1] > MANY:
                yield list(argument[2])
            yield from _repeated(list(argument[2]))
    for choices in _inner(items):
        for one in choices:
            yield from _repeated(one)


def _repeats_inside(items: Sequence[Any]) -> bool:
    return next(_repeated(items), None) is not None
