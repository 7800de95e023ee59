"""`POST /v1/consents`: what is recorded, what is refused, and that nothing is written then."""

from __future__ import annotations

import gzip
import io
import json
import threading
import uuid
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from consent_server.consents.models import ConsentRecord
from consent_server.consents.receipts import is_genuine
from consent_server.policies.services import publish
from consent_server.storage.database import db
from support.shop import NOTICE, Shop


def count_records(shop: Shop) -> int:
    with shop.app.app_context():
        return db.session.scalar(select(func.count()).select_from(ConsentRecord)) or 0


def assert_problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.data
    assert response.mimetype == "application/problem+json"
    body: dict[str, Any] = json.loads(response.data)
    assert body["type"].endswith(code)
    assert body["status"] == status
    assert body["detail"]
    return body


def test_a_decision_is_answered_with_id_token_receipt_and_validity(shop: Shop) -> None:
    submission = shop.submission()

    response = shop.send_consent(submission)

    assert response.status_code == 201
    answer = json.loads(response.data)
    assert answer["consent_id"] == submission["submission_id"]
    assert answer["valid_until"] > answer["recorded_at"]
    assert shop.house.signatures.visitor_id(shop.key, answer["token"])
    assert answer["receipt"]["notice"]["sha256"] == submission["text_sha256"]
    assert is_genuine(answer["receipt"], shop.house.signatures)
    assert count_records(shop) == 1


def test_a_receipt_with_one_changed_word_is_not_genuine(shop: Shop) -> None:
    receipt = json.loads(shop.send_consent(shop.refusal()).data)["receipt"]

    receipt["purposes"]["marketing"] = True

    assert not is_genuine(receipt, shop.house.signatures)


def test_json_may_be_sent_as_text_so_that_no_preflight_is_needed(shop: Shop) -> None:
    body = json.dumps(shop.submission()).encode()

    response = shop.send_consent(body, content_type="text/plain;charset=UTF-8")

    assert response.status_code == 201
    assert response.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_twenty_concurrent_sends_of_one_id_are_one_row_and_twenty_equal_answers(
    shop: Shop,
) -> None:
    submission = shop.submission()
    answers: list[bytes] = []

    def send() -> None:
        response = shop.send_consent(submission)
        answers.append(response.data if response.status_code == 201 else b"refused")

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 20
    assert len(set(answers)) == 1
    assert answers[0] != b"refused"
    assert count_records(shop) == 1


def test_an_id_used_for_another_decision_is_a_conflict(shop: Shop) -> None:
    first = shop.submission()
    shop.send_consent(first)

    response = shop.send_consent(shop.refusal(submission_id=first["submission_id"]))

    assert_problem(response, 409, "submission-conflict")
    assert count_records(shop) == 1


def test_an_id_of_another_site_is_a_conflict_and_shows_nothing_of_it(
    shop: Shop, other_shop: Shop
) -> None:
    first = shop.submission()
    shop.send_consent(first)

    response = other_shop.send_consent(
        other_shop.submission(submission_id=first["submission_id"]), origin="https://other.example"
    )

    assert_problem(response, 409, "submission-conflict")


def test_a_withdrawal_is_a_new_record_of_the_same_visitor(shop: Shop) -> None:
    token = json.loads(shop.send_consent(shop.submission()).data)["token"]

    response = shop.send_consent(shop.refusal(action="withdraw", visitor=token))

    assert response.status_code == 201
    assert count_records(shop) == 2
    current = shop.app.test_client().get(
        f"/v1/consents/current?site={shop.key}", headers={"Authorization": f"Bearer {token}"}
    )
    assert json.loads(current.data)["action"] == "withdraw"


def test_the_record_holds_no_address_and_no_user_agent(shop: Shop) -> None:
    names = {column.name for column in ConsentRecord.__table__.columns}

    assert not names & {"ip", "address", "user_agent", "device", "browser"}


REFUSED = [
    pytest.param({"colour": "red"}, 400, "invalid-body", "colour", id="unknown field"),
    pytest.param({"action": "shrug"}, 400, "invalid-body", "action", id="unknown action"),
    pytest.param({"submission_id": "1"}, 400, "invalid-body", "submission_id", id="no UUID"),
    pytest.param({"decisions": "all"}, 400, "invalid-body", "decisions", id="wrong type"),
    pytest.param({"text_sha256": "A" * 64}, 400, "invalid-body", "text_sha256", id="not hex"),
    pytest.param({"site": "unknownunkno"}, 404, "site-unknown", "site", id="unknown site"),
    pytest.param({"visitor": "a.b.c"}, 403, "token-refused", "visitor", id="forged token"),
    pytest.param({"policy_version": 7}, 422, "not-published", "policy_version", id="no version"),
    pytest.param({"language": "fr"}, 422, "not-published", "language", id="no such language"),
    pytest.param({"text_sha256": "0" * 64}, 422, "not-published", "text_sha256", id="no such text"),
    pytest.param({"decisions": {}}, 422, "purpose-unknown", "decisions.functional", id="undecided"),
    pytest.param(
        {"services": {"ghost": True}}, 422, "purpose-unknown", "services.ghost", id="no service"
    ),
    pytest.param({"action": "refuse_all"}, 422, "purpose-unknown", "decisions", id="contradiction"),
]


@pytest.mark.parametrize(("change", "status", "code", "field"), REFUSED)
def test_a_bad_submission_is_refused_by_name_and_nothing_is_written(
    shop: Shop, change: dict[str, Any], status: int, code: str, field: str
) -> None:
    problem = assert_problem(shop.send_consent(shop.submission(**change)), status, code)

    assert problem["field"] == field
    assert count_records(shop) == 0


def test_an_unknown_purpose_is_refused(shop: Shop) -> None:
    submission = shop.submission()
    submission["decisions"]["telepathy"] = True

    problem = assert_problem(shop.send_consent(submission), 422, "purpose-unknown")

    assert problem["field"] == "decisions.telepathy"


@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://evil.example", "http://shop.example", "https://shop.example:8443"],
)
def test_a_foreign_or_missing_origin_is_refused_on_the_server(
    shop: Shop, origin: str | None
) -> None:
    response = shop.send_consent(shop.submission(), origin=origin)

    assert_problem(response, 403, "origin-refused")
    assert count_records(shop) == 0


def test_a_token_of_another_site_is_refused(shop: Shop, other_shop: Shop) -> None:
    token = json.loads(
        other_shop.send_consent(other_shop.submission(), origin="https://other.example").data
    )["token"]

    assert_problem(shop.send_consent(shop.submission(visitor=token)), 403, "token-refused")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"site":' * 3000],
    ids=lambda body: repr(body[:8]),
)
def test_a_body_that_is_no_submission_is_refused(shop: Shop, body: bytes) -> None:
    response = shop.send_consent(body, content_type="application/json")

    assert response.status_code in (400, 413)
    assert response.mimetype == "application/problem+json"


def test_an_oversize_body_is_refused_with_the_limit(shop: Shop) -> None:
    response = shop.send_consent(b" " * 20_000, content_type="text/plain")

    assert assert_problem(response, 413, "body-too-large")["limit"] == 16_384


@pytest.mark.parametrize("size", [16_385, 2_000_000])
def test_an_oversize_body_in_chunks_is_refused_though_it_begins_like_a_submission(
    shop: Shop, size: int
) -> None:
    body = json.dumps(shop.submission()).encode().ljust(size)

    response = shop.send_consent(
        b"",
        content_type="text/plain",
        input_stream=io.BytesIO(body),
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )

    assert assert_problem(response, 413, "body-too-large")["limit"] == 16_384
    assert count_records(shop) == 0


def test_what_an_oversize_body_still_sends_is_read_so_that_the_answer_arrives(shop: Shop) -> None:
    rest = io.BytesIO(b" " * 3_000_000)

    shop.send_consent(
        b"",
        content_type="text/plain",
        input_stream=rest,
        environ_overrides={"CONTENT_LENGTH": "3000000"},
    )

    assert rest.read() == b""


def test_a_compressed_body_is_refused_by_its_encoding(shop: Shop) -> None:
    response = shop.send_consent(
        gzip.compress(json.dumps(shop.submission()).encode()),
        content_type="text/plain",
        headers={"Content-Encoding": "gzip"},
    )

    assert assert_problem(response, 415, "media-type")["field"] == "Content-Encoding"


LIMITS = [
    pytest.param({"language": "x" * 13}, "language", 12, id="text"),
    pytest.param({"decisions": {f"p{n}": True for n in range(13)}}, "decisions", 12, id="members"),
    pytest.param({"policy_version": 10**7}, "policy_version", 1_000_000, id="number"),
]


@pytest.mark.parametrize(("change", "field", "limit"), LIMITS)
def test_a_value_beyond_its_limit_is_refused_with_field_and_limit(
    shop: Shop, change: dict[str, Any], field: str, limit: int
) -> None:
    problem = assert_problem(shop.send_consent(shop.submission(**change)), 400, "invalid-body")

    assert (problem["field"], problem["limit"]) == (field, limit)


@pytest.mark.parametrize("media_type", ["text/html", "multipart/form-data", ""])
def test_another_content_type_is_refused(shop: Shop, media_type: str) -> None:
    response = shop.send_consent(json.dumps(shop.submission()).encode(), content_type=media_type)

    assert_problem(response, 415, "media-type")


def test_an_origin_added_later_works_without_a_restart(shop: Shop) -> None:
    from consent_server.sites.services import NewSite, change_site, find_site

    refused = shop.send_consent(shop.submission(), origin="https://new.example")
    with shop.app.app_context():
        change_site(
            find_site(shop.key),
            NewSite(name="Shop", origins=["https://shop.example", "https://new.example"]),
        )

    accepted = shop.send_consent(shop.submission(), origin="https://new.example")

    assert refused.status_code == 403
    assert accepted.status_code == 201


def test_a_preflight_allows_json_from_anywhere_without_credentials(shop: Shop) -> None:
    response = shop.app.test_client().options(
        "/v1/consents", headers={"Origin": "https://shop.example"}
    )

    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_what_is_in_force_is_shown_to_the_holder_of_the_token_only(shop: Shop) -> None:
    shop.send_consent(shop.submission())
    client = shop.app.test_client()

    for headers in ({}, {"Authorization": "Bearer a.b.c"}, {"Authorization": "Basic x"}):
        response = client.get(f"/v1/consents/current?site={shop.key}", headers=headers)
        assert_problem(response, 403, "token-refused")


def test_a_record_says_whether_it_still_counts(shop: Shop) -> None:
    token = json.loads(shop.send_consent(shop.submission()).data)["token"]
    [service] = NOTICE.services
    bought = msgspec.structs.replace(service, vendor="Bought Ltd.")

    def told() -> Any:
        response = shop.app.test_client().get(
            f"/v1/consents/current?site={shop.key}", headers={"Authorization": f"Bearer {token}"}
        )
        return json.loads(response.data)

    assert told()["in_force"] is True
    with shop.app.app_context():
        publish(shop.id, msgspec.structs.replace(NOTICE, texts={"en": {"body": "Other words"}}))
        publish(shop.id, msgspec.structs.replace(NOTICE, services=()))
    assert told()["in_force"] is True
    with shop.app.app_context():
        publish(shop.id, msgspec.structs.replace(NOTICE, services=(bought,)), urgent="It was sold.")
    assert told()["in_force"] is False
    assert told()["ask_again"] == {"purposes": [], "services": ["tubular"]}
    assert told()["decisions"]["marketing"] is True


def test_a_visitor_of_whom_nothing_is_recorded_is_told_so(shop: Shop) -> None:
    from consent_server import clock

    token = shop.house.signatures.visitor_token(shop.key, uuid.uuid4(), clock.now())

    response = shop.app.test_client().get(
        f"/v1/consents/current?site={shop.key}", headers={"Authorization": f"Bearer {token}"}
    )

    assert_problem(response, 404, "not-found")


def test_a_page_may_ask_what_is_in_force_with_its_token(shop: Shop) -> None:
    """A browser asks first whether it may send the token."""
    answer = shop.app.test_client().options(
        "/v1/consents/current",
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        },
    )

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
