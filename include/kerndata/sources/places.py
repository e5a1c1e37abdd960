"""Where a key stands in a YAML file, so that an error says the line to edit."""

from collections.abc import Iterable, Sequence

import yaml


def told(where: str, text: str, problems: Iterable[tuple[Sequence[str | int], str]]) -> str:
    """Return all problems of one file as one message: a single one in a line, several as a list by line."""
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    lines = sorted({(*_place(root, path), said) for path, said in problems})
    said = [f"line {line}, {key}: {words}" for line, key, words in lines]
    return f"{where}, {said[0]}" if len(said) == 1 else "\n  ".join([f"{where}: {len(said)} problems", *said])


def _place(node: yaml.Node | None, path: Sequence[str | int]) -> tuple[int, str]:
    """Return the line (from 1) and the name of the deepest part of ``path`` that is in the file.

    Parts in between that are not in the file (how pydantic names the member of a union) are left out.
    """
    line, names = node.start_mark.line + 1 if node else 1, []
    for number, part in enumerate(path):
        found = _step(node, part)
        if found:
            line, node = found
        if found or number == len(path) - 1:
            names.append(str(part))
    return line, ".".join(name for name in names if name != "[key]") or "the file"


def _step(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    return None
