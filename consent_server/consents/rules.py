"""Decides whether the decisions of a submission fit the version shown, and what they mean. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec

from consent_server.consents.schemas import Submission
from consent_server.errors import PurposeUnknown

_ALL_GRANTED = {"accept_all"}
_ALL_REFUSED = {"refuse_all", "withdraw", "ask_each"}


def check_decisions(
    submission: Submission, purposes: Collection[str], services: Collection[str]
) -> None:
    """Raises PurposeUnknown unless every optional purpose is decided, and nothing else.

    purposes, services: the keys of the version that was shown. The action must say the same as
    the decisions: "refuse all" with a granted purpose is nobody's will.
    """
    for key in submission.decisions:
        if key not in purposes:
            raise PurposeUnknown("The version has no such purpose.", field=f"decisions.{key}")
    for key in purposes:
        if key not in submission.decisions:
            raise PurposeUnknown("This purpose is not decided.", field=f"decisions.{key}")
    for key in submission.services:
        if key not in services:
            raise PurposeUnknown("The version has no such service.", field=f"services.{key}")
    _check_action(submission)


def _check_action(submission: Submission) -> None:
    granted = set(submission.decisions.values())
    contradicts = (submission.action in _ALL_GRANTED and False in granted) or (
        submission.action in _ALL_REFUSED and True in granted
    )
    if contradicts:
        raise PurposeUnknown(
            f"The decisions contradict the action {submission.action!r}.", field="decisions"
        )
    keeps_services = submission.action not in ("refuse_all", "withdraw")
    if not keeps_services and True in submission.services.values():
        raise PurposeUnknown(
            f"A granted service contradicts the action {submission.action!r}.", field="services"
        )


def is_valid(record: Mapping[str, Any], now: datetime) -> bool:
    """Whether a record is not too old to count."""
    valid: bool = now < record["valid_until"]
    return valid


def digest(facts: Mapping[str, Any]) -> str:
    """Returns the SHA-256 over the canonical JSON of a record's facts, 64 hex digits."""
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()
