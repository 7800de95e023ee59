"""Sends examples of the contract to a real site and compares answers with what is promised."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

import jsonschema_rs
from flask import Flask
from werkzeug.test import Client, TestResponse

from consent_server.contract import examples as ex
from consent_server.contract.document import PATH_EXAMPLES, fields_of_path
from consent_server.contract.parts import Example, Operation
from consent_server.operators.tokens import add_token
from support.shop import ORIGIN, Shop

NEAR: Final = {"REMOTE_ADDR": "127.0.0.1"}  # as a program of the same machine
_ONLY_SOMETIMES: Final = frozenset({"Retry-After", "RateLimit", "RateLimit-Policy"})


def described(app: Flask) -> dict[str, Any]:
    """Returns the document that an application publishes."""
    document: dict[str, Any] = app.test_client().get("/openapi.json").get_json()
    return document


@dataclass
class Sender:
    """Sends examples with the shop's own values; learns its visitor token from the first answer."""

    shop: Shop
    document: dict[str, Any]
    texts: dict[str, str] = field(default_factory=dict)
    version: int = 1
    purposes: tuple[str, ...] = ()

    @classmethod
    def to(cls, shop: Shop) -> Sender:
        """Makes a token of a program, too."""
        with shop.app.app_context():
            version = shop.house.policies.in_force(shop.id)
            token = add_token("contract", ["consents.export"], None, 1)
        texts = {
            ex.SITE: shop.key,
            ex.ORIGIN: ORIGIN,
            ex.TEXT_SHA256: version.hashes["en"],
            ex.API_TOKEN: token,
        }
        document = described(shop.app)
        return cls(shop, document, texts, version.number, tuple(version.purposes))

    def send(self, one: Operation, sent: Example) -> TestResponse:
        """Sends an example as a client without any memory."""
        real = ex.Real(self.texts, self.version, "en", self.purposes)
        path = one.rule
        for name in fields_of_path(one.rule):
            value = ex.filled(sent.at.get(name, PATH_EXAMPLES.get(name, "")), real)
            path = path.replace(_variable(one.rule, name), value)
        body: dict[str, Any] = {}
        if sent.json is not None:
            body["json"] = ex.filled(sent.json, real)
        elif sent.form is not None:
            body |= {
                "data": ex.filled(sent.form, real),
                "content_type": "application/x-www-form-urlencoded",
            }
        answer = Client(self.shop.app, use_cookies=False).open(
            path,
            method=one.method.upper(),
            query_string=ex.filled(sent.query, real),
            headers=ex.filled(sent.headers, real),
            environ_base=NEAR,
            **body,
        )
        if one.name == "recordConsent" and answer.status_code == 201:
            self.texts.setdefault(ex.VISITOR_TOKEN, json.loads(answer.data)["token"])
        return answer

    def faults(self, path: str, method: str, answer: TestResponse) -> list[str]:
        """Returns in what an answer differs from what the document says about its status."""
        responses = self.document["paths"][path][method]["responses"]
        promised = responses.get(str(answer.status_code))
        if promised is None:
            return [f"undocumented status {answer.status_code}"]
        missing = promised["headers"].keys() - set(answer.headers.keys()) - _ONLY_SOMETIMES
        content = promised.get("content", {})
        if not content:
            return [*missing, *(["a body"] if answer.data else [])]
        schema = content.get(answer.content_type, content.get(answer.mimetype))
        if schema is None:
            return [*missing, f"{answer.status_code} as {answer.content_type} is undocumented"]
        if not str(answer.mimetype).endswith("json"):
            return [*missing]
        whole = {**schema["schema"], "components": self.document["components"]}
        validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        errors = validator.iter_errors(json.loads(answer.data))
        return [*missing, *(f"{error.instance_path}: {error.message}" for error in errors)]


_AT_ALL: Final = {"part": "preferences", "name": "abc", "number": "1", "code": "not-found",
                  "consent_id": ex.CONSENT_ID}  # fmt: skip


def rule_filled(rule: str, site_key: str) -> str:
    """Returns an address that a rule matches."""
    for name in fields_of_path(rule):
        rule = rule.replace(_variable(rule, name), {"site_key": site_key, **_AT_ALL}[name])
    return rule


def _variable(rule: str, name: str) -> str:
    return next(form for form in (f"<{name}>", f"<int:{name}>", f"<uuid:{name}>") if form in rule)
