"""What the fields of requests mean, where name and type do not say it."""

from __future__ import annotations

from typing import Any, Final

_FIELDS: Final = {
    "Submission": {
        "site": "Key of the site.",
        "submission_id": "Idempotency key, made anew for each decision.",
        "policy_version": "Number of the notice that was shown.",
        "language": "In which it was shown.",
        "text_sha256": "Hash of the text that was shown; must be or have been in force.",
        "action": "What the visitor did.",
        "decisions": "Every optional purpose of the version and no other: granted or not.",
        "services": "Services that were decided alone.",
        "visitor": "Token of the answer before; null: a new visitor.",
        "layer": "Where it was decided.",
        "trusted": "Whether a person, not a script, made the click.",
        "gpc": "Whether the browser sent Global Privacy Control.",
    },
    "VisitReport": {
        "site": "Key of the site.",
        "visit_id": "Idempotency key; the same within two days is one record.",
        "path": "Of the page; query and fragment are cut off.",
        "referrer": "Only its origin is kept.",
        "visitor": "Visitor token.",
        "hints": "User-agent client hints that the page asked for.",
    },
    "Choice": {
        "submission_id": "Hidden in the form, so a double click makes one record.",
        "policy_version": "Number of the notice that was shown.",
        "language": "In which it was shown.",
        "text_sha256": "Hash of the text that was shown.",
        "action": "Which button was pressed.",
        "purposes": "Whose switch was on; they count for customise.",
    },
    "Recorded": {
        "token": "Visitor token: proves that a browser is the one that holds a visitor number on "
        "this site.",
        "receipt": "What to keep as proof.",
        "visits": "When a known visitor withdraws, or refuses the purpose that visits need.",
    },
}


def with_words(schemas: dict[str, Any]) -> dict[str, Any]:
    """Adds the words to schemas and returns them. Raises KeyError for a field that is gone."""
    for name, fields in _FIELDS.items():
        properties = schemas[name]["properties"]
        for field, words in fields.items():
            properties[field] = {**properties[field], "description": words}
    return schemas
