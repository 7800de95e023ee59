"""Every documented example is sent; it gets its status and a body that fits its schema."""

from __future__ import annotations

from typing import Any

from consent_server.contract.document import OPERATIONS, path_of
from support.contract import Sender
from support.shop import Shop


def test_every_example_is_answered_as_the_document_says(shop: Shop) -> None:
    sender = Sender.to(shop)
    wrong = {}

    for one in OPERATIONS:
        for sent in one.examples:
            answer = sender.send(one, sent)
            faults = sender.faults(path_of(one.rule), one.method, answer)
            if answer.status_code != sent.status or faults:
                wrong[f"{one.name}: {sent.name}"] = (answer.status_code, faults, answer.text[:300])

    assert wrong == {}


def test_a_genuine_receipt_is_told_from_a_changed_one(shop: Shop) -> None:
    receipt = shop.send_consent(shop.submission()).get_json()["receipt"]
    changed: dict[str, Any] = receipt | {"purposes": receipt["purposes"] | {"marketing": False}}
    documents: list[dict[str, Any]] = [receipt, changed, {}]

    answers = [
        shop.app.test_client().post("/v1/receipts/verification", json=document).get_json()
        for document in documents
    ]

    assert answers == [{"is_genuine": True}, {"is_genuine": False}, {"is_genuine": False}]
