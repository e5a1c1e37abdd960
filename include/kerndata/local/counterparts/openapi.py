"""An OpenAPI document as a judge: what came in, what goes out, and what is wrong with it (openapi-core)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl

import yaml
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.media_types.exceptions import MediaTypeNotFound
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from werkzeug.datastructures import Headers, ImmutableMultiDict

PROBLEM = "application/problem+json"
_MEDIA_TYPES = ("application/cloudevents+json", PROBLEM)


class ProblemError(Exception):
    """An answer that refuses, told as problem+json (RFC 9457)."""

    def __init__(self, status: int, title: str, params: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(title)
        self.status = status
        self.document = {"type": "about:blank", "title": title, "status": status, "invalidParams": list(params)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out."""

    status: int
    document: Any
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The document as it is sent."""
        return json.dumps(self.document, ensure_ascii=False).encode()


class Asked:
    """What came in, in the shape that openapi-core judges."""

    def __init__(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> None:
        self.method, self.path, self.body = method.lower(), path, body
        self.host_url, self.headers = "http://counterpart", headers
        self.content_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        self.query = dict(parse_qsl(query))
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(self.query), header=Headers(list(headers.items())), cookie=ImmutableMultiDict()
        )

    @property
    def document(self) -> Any:
        """The parsed body."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What goes out, in the shape that openapi-core judges."""

    status_code: int
    content_type: str
    data: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """An OpenAPI document; ``paths`` has the operation of each path and method."""

    api: OpenAPI
    paths: Mapping[str, Mapping[str, str]]

    def operation(self, asked: Asked) -> str:
        """The ``operationId`` that was asked for; raises ProblemError 404 or 405."""
        methods = self.paths.get(asked.path)
        if methods is None:
            raise ProblemError(404, f"Nothing here; there are {', '.join(sorted(self.paths))}")
        if asked.method not in methods:
            raise ProblemError(405, f"Only {', '.join(sorted(methods))} here")
        return methods[asked.method]

    def wrong(self, asked: Asked) -> ProblemError | None:
        """What the document has against the request, as 415 or 400; who may come in is not judged here."""
        try:
            self.api.validate_request(asked)
        except OpenAPIError as error:
            cause = error.__cause__ or error
            if isinstance(cause, MediaTypeNotFound):
                return ProblemError(415, f"Send {' or '.join(cause.availableMimetypes)}")
            return ProblemError(400, f"Invalid input: {type(cause).__name__}", _params(cause))
        return None

    def fault(self, asked: Asked, answer: Answer) -> str | None:
        """What the document has against our own answer; a request it does not know has no form of answer."""
        if asked.method not in self.paths.get(asked.path, {}):
            return None
        try:
            self.api.validate_response(asked, _Sent(answer.status, answer.media_type, answer.body, answer.headers))
        except OpenAPIError as error:
            return f"our own answer is not as the document says: {error.__cause__ or error}"
        return None


@cache
def load(name: str) -> Document:
    """The document in the YAML file of that name beside this module."""
    text = (resources.files("kerndata.local.counterparts") / name).read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    config = Config(extra_media_type_deserializers=dict.fromkeys(_MEDIA_TYPES, json.loads))
    paths = {
        path: {method: told["operationId"] for method, told in methods.items()}
        for path, methods in found["paths"].items()
    }
    return Document(OpenAPI.from_dict(found, config=config), paths)


def _params(wrong: BaseException) -> Sequence[Mapping[str, str]]:
    errors: list[Any] = list(wrong.schema_errors) if isinstance(wrong, InvalidSchemaValue) else []
    return [{"name": _name(error), "code": "invalid", "reason": error.message[:200]} for error in errors]


def _name(error: Any) -> str:
    """Which field a schema error is about."""
    if error.validator == "required":
        return str(error.message).split("'")[1]
    if "propertyNames" in error.schema_path:
        return str(error.instance)
    return str(error.path[0]) if error.path else "body"
