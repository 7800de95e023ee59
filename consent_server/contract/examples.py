"""Values that stand in examples for those of a reader's own site.

`filled` puts real ones in their place: the page does so for a site that it is asked about, a test
for the site that it sends every example to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

SITE: Final = "dewframe2345"
ORIGIN: Final = "https://shop.example"
TEXT_SHA256: Final = "3f0a1b9cf6a0d1c7be8d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293"
VISITOR_TOKEN: Final = "0JmBk2xSRfKX0o3vYcW4zw.t0y8m2.Qm9uam91ciBsZSBtb25kZSE"
API_TOKEN: Final = "cst_example-of-a-token-shown-only-once-to-you"
CONSENT_ID: Final = "8f14e45f-ceea-467f-9b7e-0d3a1c5e9b21"
PAGE_ID: Final = "a87ff679-a2f3-471d-9181-a67b7542122c"
UNUSED_ID: Final = "c9f0f895-fb98-4b91-8d1c-6f2f4d1a7e33"
VISIT_ID: Final = "45c48cce-2e2d-4fbd-8a55-1b6c3a0d9f10"

DECISION: Final[dict[str, Any]] = {
    "site": SITE,
    "submission_id": CONSENT_ID,
    "visitor": None,
    "policy_version": 1,
    "language": "en",
    "text_sha256": TEXT_SHA256,
    "action": "customise",
    "decisions": {"functional": True, "analytics": True, "marketing": False},
    "services": {},
    "layer": "api",
    "trusted": True,
    "gpc": False,
}
RECEIPT: Final = {
    "schema_version": "consent-server/1",
    "record_id": CONSENT_ID,
    "pii_principal_id": "d0998193-6c52-45f2-97d2-8def61c5b8cf",
    "pii_controller": {"name": "Dewframe Co., Ltd.", "contact": "privacy@dewframe.example"},
    "notice": {"version": 1, "language": "en", "sha256": TEXT_SHA256},
    "event": {
        "type": "customise",
        "time": "2026-11-30T00:12:45.120Z",
        "valid_until": "2027-05-31T00:12:45.120Z",
    },
    "purposes": {"functional": True, "analytics": True, "marketing": False},
    "services": {},
    "record_sha256": TEXT_SHA256,
    "signature": "AAECAwQFBgcICQoLDA0ODxAR",
}


@dataclass(frozen=True, slots=True)
class Real:
    """What stands in the place of examples: texts by the example that they replace."""

    texts: Mapping[str, str]
    version: int = 1
    language: str = "en"
    purposes: tuple[str, ...] = tuple(DECISION["decisions"])


def filled(value: Any, real: Real) -> Any:
    """Returns a value with the examples in it replaced, wherever they stand."""
    if isinstance(value, Mapping):
        return {key: _filled_field(key, inner, real) for key, inner in value.items()}
    if isinstance(value, str):
        for example, own in real.texts.items():
            value = value.replace(example, own)
    return value


def _filled_field(key: str, value: Any, real: Real) -> Any:
    if key == "policy_version":
        return type(value)(real.version)
    if key == "language":
        return real.language
    if key == "decisions" and value.keys() == DECISION["decisions"].keys():
        answers = [*value.values()]
        return {one: answers[min(at, len(answers) - 1)] for at, one in enumerate(real.purposes)}
    return filled(value, real)
