"""Preparing the demo: complete on an empty installation, harmless when repeated."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from flask import Flask

from consent_server.demo.services import OPERATOR_EMAIL, Prepared, prepare_demo
from consent_server.house import house_of
from consent_server.operators.services import add_operator, all_operators, new_password
from consent_server.policies.services import DEFAULT_NOTICE, publish, versions_of
from consent_server.sites.services import all_sites, find_site


def prepare(app: Flask) -> Prepared:
    return prepare_demo(house_of(app).settings)


def test_an_empty_installation_gets_a_site_a_notice_and_an_operator(app: Flask) -> None:
    with app.app_context():
        prepared = prepare(app)

        (version,) = versions_of(find_site(prepared.site_key).id)
        assert {text.language for text in version.texts} == {"ko", "en"}
        assert [operator.email for operator in all_operators()] == [OPERATOR_EMAIL]
        assert prepared.email == OPERATOR_EMAIL
        assert prepared.password
        assert prepared.tag.endswith(f'/embed/{prepared.site_key}.js"></script>')


def test_both_names_of_this_machine_may_send_records(app: Flask) -> None:
    port = urlsplit(house_of(app).settings.public_url).port

    with app.app_context():
        site = find_site(prepare(app).site_key)

        origins = {known.origin for known in site.origins}
        assert origins >= {f"http://127.0.0.1:{port}", f"http://localhost:{port}"}


def test_preparing_again_changes_nothing_and_shows_no_password(app: Flask) -> None:
    with app.app_context():
        first = prepare(app)

        second = prepare(app)

        assert second == replace(first, password=None)
        assert len(versions_of(find_site(first.site_key).id)) == 1
        assert len(all_sites()) == 1


def test_another_notice_in_force_is_replaced_by_a_new_version(app: Flask) -> None:
    with app.app_context():
        site = find_site(prepare(app).site_key)
        publish(site.id, DEFAULT_NOTICE)

        prepare(app)

        newest, *_, first = versions_of(site.id)
        assert newest.number == 3
        assert newest.source == first.source


def test_another_port_replaces_the_origins_of_the_same_site(app: Flask) -> None:
    with app.app_context():
        first = prepare(app)

        moved = prepare_demo(replace(house_of(app).settings, public_url="http://127.0.0.1:9123"))

        assert moved.site_key == first.site_key
        origins = {known.origin for known in find_site(moved.site_key).origins}
        assert origins == {"http://127.0.0.1:9123", "http://localhost:9123"}


def test_an_operator_who_is_there_keeps_the_account_alone(app: Flask) -> None:
    with app.app_context():
        add_operator("owner@shop.example", new_password())

        prepared = prepare(app)

        assert prepared.email == "owner@shop.example"
        assert prepared.password is None
        assert len(all_operators()) == 1
