"""Visitor tokens and receipt seals."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from consent_server.errors import TokenRefused
from consent_server.signing import Signatures, issued_at

AT = datetime(2026, 1, 15, 0, 30, tzinfo=UTC)
VISITOR = uuid.UUID("3f2b8a52-6d0e-4c6f-9a55-0d1f6f1f2a3b")
SIGNATURES = Signatures("a" * 20 + "b" * 20)


def test_a_token_gives_back_the_visitor_and_its_time() -> None:
    token = SIGNATURES.visitor_token("shop", VISITOR, AT)

    assert SIGNATURES.visitor_id("shop", token) == VISITOR
    assert issued_at(token) == AT


def test_the_same_facts_always_give_the_same_token() -> None:
    tokens = {SIGNATURES.visitor_token("shop", VISITOR, AT) for _ in range(3)}

    assert len(tokens) == 1
    assert len(tokens.pop()) == 54


def test_a_token_of_another_site_is_refused() -> None:
    token = SIGNATURES.visitor_token("shop", VISITOR, AT)

    with pytest.raises(TokenRefused):
        SIGNATURES.visitor_id("other", token)


def test_a_token_of_another_secret_is_refused() -> None:
    token = Signatures("c" * 40).visitor_token("shop", VISITOR, AT)

    with pytest.raises(TokenRefused):
        SIGNATURES.visitor_id("shop", token)


@pytest.mark.parametrize("position", range(54))
def test_any_changed_character_makes_a_token_refused(position: int) -> None:
    token = SIGNATURES.visitor_token("shop", VISITOR, AT)
    changed = "A" if token[position] != "A" else "B"

    with pytest.raises(TokenRefused):
        SIGNATURES.visitor_id("shop", token[:position] + changed + token[position + 1 :])


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é.1.x", "A" * 10_000, "%00.1.2"])
def test_malformed_tokens_are_refused(text: str) -> None:
    with pytest.raises(TokenRefused):
        SIGNATURES.visitor_id("shop", text)


def test_a_seal_holds_for_its_bytes_only() -> None:
    seal = SIGNATURES.seal(b"receipt")

    assert SIGNATURES.is_sealed(b"receipt", seal)
    assert not SIGNATURES.is_sealed(b"receipT", seal)
    assert not SIGNATURES.is_sealed(b"receipt", "")
