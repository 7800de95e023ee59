"""The document as people read it: operations with fields, commands and answers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from consent_server.contract.commands import command
from consent_server.contract.document import OPERATIONS, PATH_FIELDS, fields_of_path, path_of
from consent_server.contract.examples import Real
from consent_server.contract.parts import TAGS, Operation, Schema

_BOUNDS: Final = {
    "minLength": "≥ {} characters",
    "maxLength": "≤ {} characters",
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "maxProperties": "≤ {} fields",
    "maxItems": "≤ {} items",
    "pattern": "{}",
}
_PREFIX: Final = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Line:
    """One field: of the address line, of a body."""

    name: str
    place: str
    kind: str
    is_required: bool
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One operation as the page shows it."""

    operation: Operation
    path: str
    lines: list[Line]
    body_lines: list[Line]
    answer_lines: list[Line]
    commands: list[tuple[str, str]]


def groups(
    schemas: Mapping[str, Any], public_url: str, real: Real
) -> Iterator[tuple[str, str, list[Shown]]]:
    """Yields (name, words, operations) of each group. schemas: the document's components."""
    for tag, words in TAGS.items():
        yield (
            tag,
            words,
            [
                _shown(one, schemas, public_url, real)
                for one in OPERATIONS
                if one.tag == tag and one.method != "options"
            ],
        )


def _shown(one: Operation, schemas: Mapping[str, Any], public_url: str, real: Real) -> Shown:
    body = next(iter(one.body.values()), {})
    best = min(one.answers)
    content = one.answers[best].content
    answer = content.get("application/json", {})
    return Shown(
        operation=one,
        path=path_of(one.rule),
        lines=list(_lines(one)),
        body_lines=list(_fields(body, schemas)),
        answer_lines=list(_fields(answer, schemas)),
        commands=[
            (sent.summary, command(one, sent, public_url, real))
            for sent in one.examples
            if sent.is_shown
        ],
    )


def _lines(one: Operation) -> Iterator[Line]:
    for name in fields_of_path(one.rule):
        words, schema = PATH_FIELDS[name]
        yield Line(name, "path", kind_of(schema), True, words)
    for field in one.parameters:
        yield Line(field.name, field.place, kind_of(field.schema), field.is_required, field.words)


def _fields(schema: Schema, schemas: Mapping[str, Any]) -> Iterator[Line]:
    name = schema.get("$ref", "").removeprefix(_PREFIX)
    found = schemas[name] if name else schema
    required = found.get("required", ())
    for field, inner in found.get("properties", {}).items():
        yield Line(field, "body", kind_of(inner), field in required, inner.get("description", ""))


def kind_of(schema: Schema) -> str:
    """Returns type and bounds in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_PREFIX)
    if "anyOf" in schema:
        return " / ".join(kind_of(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " / ".join(map(str, schema["enum"]))
    kind = schema.get("format") or schema.get("type", "any")
    if kind == "array":
        kind = f"list of {kind_of(schema.get('items', {}))}"
    if isinstance(inner := schema.get("additionalProperties"), dict):
        kind = f"object of {kind_of(inner)}"
    bounds = [words.format(schema[key]) for key, words in _BOUNDS.items() if key in schema]
    return ", ".join([kind, *bounds])
