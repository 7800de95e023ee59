"""Whatever is sent to a public address: no server error, and only answers that are documented.

Schemathesis makes requests out of the published document, fitting ones and others; half of them
are about a site that exists. The same requests each time; more of them with `make fuzz`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from support.shop import ORIGIN, Shop

EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "3"))  # of each operation
CHECKS: Final = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


def test_no_request_breaks_the_service_or_the_contract(shop: Shop) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", shop.app)
    found = [
        failure
        for result in schema.get_all_operations()
        for failure in failures(_described(result), shop)
    ]

    assert not found, "\n".join(sorted(set(found)))


def _described(result: Any) -> Any:
    """Returns an operation. Raises AssertionError where the document cannot be read."""
    assert hasattr(result, "ok"), result.err()
    return result.ok()


def failures(operation: Any, shop: Shop) -> list[str]:
    """Sends requests to one operation; returns in what answers were not as promised."""
    requests = st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )
    found: list[str] = []

    @seed(20261130)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests, is_ours=st.booleans())
    def send(case: Any, is_ours: bool) -> None:
        if is_ours:
            aim(case, shop)
        case.headers["Accept-Encoding"] = "identity"  # nothing here would decode others
        response = case.call()
        # /readyz says so on a machine that is too busy: that is its answer
        checks_of_it = (
            CHECKS
            if (operation.path, response.status_code) == ("/readyz", 503)
            else [*CHECKS, not_a_server_error]
        )
        try:
            case.validate_response(response, checks=checks_of_it)
        except FailureGroup as failure:
            found.append(f"{operation.label}: {failure}")

    run: Callable[[], None] = send
    run()
    return found


def aim(case: Any, shop: Shop) -> None:
    """Lets a request be about the shop, from a page of the shop."""
    if "site_key" in (case.path_parameters or {}):
        case.path_parameters["site_key"] = shop.key
    if "site" in (case.query or {}):
        case.query["site"] = shop.key
    if isinstance(case.body, dict) and "site" in case.body:
        case.body["site"] = shop.key
    case.headers["Origin"] = ORIGIN
    case.headers["Sec-Fetch-Site"] = "same-origin"
