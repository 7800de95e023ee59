"""A draft is changed freely, shown to nobody, and never lost to somebody else's."""

from __future__ import annotations

import msgspec
import pytest

from consent_server.errors import CommandError
from consent_server.policies.drafts import discard_draft, draft_of, save_draft
from consent_server.policies.services import find_version, notice_of
from support.shop import NOTICE, Shop

RETITLED = msgspec.structs.replace(NOTICE, texts={"en": {"title": "A draft"}})
INCOMPLETE = msgspec.structs.replace(NOTICE, languages=("ko", "en", "fr"))


def test_without_a_draft_one_begins_with_what_is_in_force(shop: Shop) -> None:
    with shop.app.app_context():
        draft = draft_of(shop.id)

    assert (draft.notice, draft.edits) == (NOTICE, 0)


def test_a_draft_is_kept_and_nobody_sees_it(shop: Shop) -> None:
    with shop.app.app_context():
        save_draft(shop.id, RETITLED, "ann@shop.example")
        saved = draft_of(shop.id)

        assert notice_of(find_version(shop.id)) == NOTICE
    assert (saved.notice, saved.edits, saved.editor) == (RETITLED, 1, "ann@shop.example")
    assert "A draft" not in shop.app.test_client().get(f"/embed/{shop.key}.js?lang=en").text


def test_a_draft_may_be_incomplete_and_says_what_is_missing(shop: Shop) -> None:
    with shop.app.app_context():
        draft = save_draft(shop.id, INCOMPLETE, "ann@shop.example")

    assert "'fr'" in draft.problem


def test_who_began_with_an_older_draft_does_not_overwrite_a_newer_one(shop: Shop) -> None:
    with shop.app.app_context():
        save_draft(shop.id, RETITLED, "ann@shop.example", seen=0)
        with pytest.raises(CommandError, match=r"ann@shop\.example"):
            save_draft(shop.id, NOTICE, "ben@shop.example", seen=0)

        assert draft_of(shop.id).notice == RETITLED


def test_a_discarded_draft_is_gone(shop: Shop) -> None:
    with shop.app.app_context():
        save_draft(shop.id, RETITLED, "ann@shop.example")
        discard_draft(shop.id)
        discard_draft(shop.id)

        assert draft_of(shop.id).edits == 0
