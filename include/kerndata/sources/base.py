"""The strict base of every configuration model: an unknown key is an error that names the nearest right one."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, StringConstraints, ValidationError
from pydantic import model_validator as validator
from pydantic_core import InitErrorDetails, PydanticCustomError

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Strict(BaseModel):
    """Immutable, refuses unknown keys; numbers where text is expected (``2024:``) are read as that text.

    Unknown keys are told together with everything else that is wrong, so that one look at the file mends it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    @validator(mode="wrap")
    @classmethod
    def _unknown_keys(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(given, Mapping):
            return handler(given)
        unknown = [_unknown(key, tuple(cls.model_fields)) for key in given if key not in cls.model_fields]
        try:
            made = handler({key: one for key, one in given.items() if key in cls.model_fields})
        except ValidationError as error:
            unknown += [_again(one) for one in error.errors()]
            raise ValidationError.from_exception_data(cls.__name__, unknown) from error
        if unknown:
            raise ValidationError.from_exception_data(cls.__name__, unknown)
        return made


def _unknown(key: object, known: tuple[str, ...]) -> InitErrorDetails:
    near = get_close_matches(str(key), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
    told = {"key": repr(key), "hint": hint}
    return InitErrorDetails(
        type=PydanticCustomError("unknown_key", "unknown key {key}; {hint}", told), loc=(str(key),), input=key
    )


def _again(error: Any) -> InitErrorDetails:
    """Return an error once told, to be told again one level up: its words are final, braces and all."""
    said = error["msg"].removeprefix("Value error, ")
    if error["type"] == "literal_error":
        near = get_close_matches(str(error["input"]), re.findall("'([^']*)'", error["ctx"]["expected"]), n=1)
        said = f"{error['input']!r} is not known here; " + (f"did you mean {near[0]!r}?" if near else said)
    return InitErrorDetails(
        type=PydanticCustomError("told", "{words}", {"words": said}), loc=error["loc"], input=error["input"]
    )
