"""The texts of the page, from ``words.yaml``: every key in both languages."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from kerndata.errors import ConfigurationError
from kerndata.publish.page.notation import Language

LANGUAGES: tuple[Language, ...] = ("nl", "en")


class Words:
    """The texts of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **facts: object) -> str:
        """Give a text with its facts filled in. Raises ConfigurationError for a key that is not there."""
        found = _words().get(key)
        if found is None:
            raise ConfigurationError(f"The public page asks for {key!r}; add it to {__package__}/words.yaml.")
        return found[self.language].format(**facts) if facts else found[self.language]

    def of(self, kind: str, code: object) -> str:
        """Word a code of a closed list (``status_voorlopig``); a code that has no words is shown as it is."""
        key = f"{kind}_{code}".replace(" ", "_")
        return self(key) if key in _words() else str(code)

    def about(self, file: str) -> str:
        """Say what a file of the release holds; nothing for one that has no words."""
        key = f"about_{file.partition('.')[0]}"
        return self(key) if key in _words() else ""


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    words: Mapping[str, Mapping[str, str]] = yaml.safe_load(
        files(__package__).joinpath("words.yaml").read_text("utf-8")
    )
    halves = [key for key, text in words.items() if set(text) != set(LANGUAGES)]
    if halves:
        raise ConfigurationError(f"{__package__}/words.yaml: {', '.join(halves)} lacks Dutch or English.")
    return words
