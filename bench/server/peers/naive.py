"""The same two verbs as a good Flask programmer writes them first: one request, one commit.

Flask-SQLAlchemy, objects added and committed one by one, site and notice read with each request.
It does the same work as ours: the same schema, the same check of the decisions and the same
digest (both are our functions), a token and a signed receipt (itsdangerous), the device
(user-agents, with a cache as large as ours), the payload encrypted (AES-256-GCM), the same indexes.
Its database is named by NAIVE_DATABASE_URL.
"""

from __future__ import annotations

import os
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, Response, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from itsdangerous import Signer, URLSafeTimedSerializer
from sqlalchemy import JSON, DateTime, ForeignKey, Index, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from user_agents.parsers import parse

from consent_server.consents.rules import check_decisions, digest
from consent_server.consents.schemas import Submission
from consent_server.periods import RetentionPeriod
from consent_server.visits.schemas import VisitReport

_SECRET = "a secret of this measurement only"  # noqa: S105
_THREADS = 16  # as many connections as the server has threads: nobody waits for one
_PERIOD = RetentionPeriod(months=3, zone=ZoneInfo("Asia/Seoul"))
_KEY = AESGCM.generate_key(256)
_TOKENS = URLSafeTimedSerializer(_SECRET)
_SEAL = Signer(_SECRET, salt="receipt")


class Base(DeclarativeBase):
    """Base of the tables below."""


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Site(Model):
    __tablename__ = "sites"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(12), unique=True)
    origin: Mapped[str] = mapped_column(String(200))


class Policy(Model):
    __tablename__ = "policies"
    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    number: Mapped[int]
    language: Mapped[str] = mapped_column(String(12))
    text_sha256: Mapped[str] = mapped_column(String(64))
    purposes: Mapped[list[str]] = mapped_column(JSON)


class Consent(Model):
    __tablename__ = "consents"
    __table_args__ = (
        Index("ix_consents_site_time", "site_id", "recorded_at"),
        Index("ix_consents_site_visitor", "site_id", "visitor_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    consent_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    visitor_id: Mapped[uuid.UUID]
    action: Mapped[str] = mapped_column(String(12))
    policy_version: Mapped[int]
    language: Mapped[str] = mapped_column(String(12))
    text_sha256: Mapped[str] = mapped_column(String(64))
    decisions: Mapped[dict[str, Any]] = mapped_column(JSON)
    services: Mapped[dict[str, Any]] = mapped_column(JSON)
    layer: Mapped[str] = mapped_column(String(12))
    trusted: Mapped[bool]
    gpc: Mapped[bool]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    valid_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    digest: Mapped[str] = mapped_column(String(64))


class View(Model):
    __tablename__ = "visits"
    __table_args__ = (
        Index("ix_visits_gone", "gone_at"),
        Index("ix_visits_site_time", "site_id", "recorded_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    site_id: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    day: Mapped[date]
    gone_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    device_class: Mapped[str] = mapped_column(String(8))
    payload: Mapped[bytes]


@dataclass(frozen=True)
class Known:
    """What is in the database before the first request."""

    site_key: str
    origin: str
    version: int
    sha256: str
    purposes: tuple[str, ...]


def create_app() -> Flask:
    """Returns the application."""
    app = Flask("naive")
    url = os.environ["NAIVE_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": _THREADS}
    db.init_app(app)
    app.post("/consents")(record_consent)
    app.post("/visits")(record_visit)
    app.get("/ready")(lambda: "ready")
    return app


def prepare(known: Known) -> None:
    """Makes the tables and the one site."""
    app = create_app()
    with app.app_context():
        db.create_all()
        site = Site(key=known.site_key, origin=known.origin)
        db.session.add(site)
        db.session.flush()
        db.session.add(
            Policy(
                site_id=site.id,
                number=known.version,
                language="en",
                text_sha256=known.sha256,
                purposes=list(known.purposes),
            )
        )
        db.session.commit()
        db.engine.dispose()


def record_consent() -> tuple[Response, int]:
    """Records a choice."""
    sent = msgspec.json.decode(request.get_data(), type=Submission)
    site = _site(sent.site)
    policy = db.session.scalars(
        select(Policy).where(
            Policy.site_id == site.id,
            Policy.number == sent.policy_version,
            Policy.language == sent.language,
            Policy.text_sha256 == sent.text_sha256,
        )
    ).one()
    check_decisions(sent, policy.purposes, ())
    facts = msgspec.structs.asdict(sent)
    facts["consent_id"] = facts.pop("submission_id")
    del facts["site"], facts["visitor"]
    now = datetime.now(UTC)
    facts |= {"site_id": site.id, "visitor_id": uuid.uuid4(), "recorded_at": now}
    facts["valid_until"] = now + timedelta(days=182)
    consent = Consent(**facts, digest=digest(facts))
    answer = _answer(consent)  # after the commit it would be read again
    db.session.add(consent)
    db.session.commit()
    return answer, 201


def record_visit() -> tuple[str, int]:
    """Records a page view."""
    sent = msgspec.json.decode(request.get_data(), type=VisitReport)
    site = _site(sent.site)
    now = datetime.now(UTC)
    device_class, device = _device(request.headers.get("User-Agent", "")[:512])
    plain = {"ip": request.remote_addr, "path": sent.path.split("?")[0], **device}
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(_KEY).encrypt(nonce, msgspec.json.encode(plain), sent.visit_id.bytes)
    view = View(
        visit_id=sent.visit_id,
        site_id=site.id,
        recorded_at=now,
        day=_PERIOD.day_of(now),
        gone_at=_PERIOD.gone_at(now),
        device_class=device_class,
        payload=nonce + sealed,
    )
    db.session.add(view)
    db.session.commit()
    return "", 204


def _site(key: str) -> Site:
    site = db.session.scalars(select(Site).where(Site.key == key)).one()
    if request.headers.get("Origin") != site.origin:
        raise PermissionError("origin")
    return site


def _answer(consent: Consent) -> Response:
    body = {
        "consent_id": str(consent.consent_id),
        "visitor": str(consent.visitor_id),
        "decisions": consent.decisions,
        "digest": consent.digest,
        "recorded_at": consent.recorded_at.isoformat(),
        "valid_until": consent.valid_until.isoformat(),
    }
    seal = _SEAL.get_signature(msgspec.json.encode(body, order="sorted")).decode()
    return jsonify(**body, signature=seal, token=_TOKENS.dumps(body["visitor"]))


@lru_cache(4096)
def _device(header: str) -> tuple[str, dict[str, str]]:
    agent = parse(header)
    kinds = ("bot", "tablet", "mobile", "pc")
    kind = next((name for name in kinds if getattr(agent, f"is_{name}")), "other")
    return kind, {
        "browser": agent.browser.family,
        "browser_version": agent.browser.version_string,
        "system": agent.os.family,
        "system_version": agent.os.version_string,
        "device": agent.device.family,
    }
