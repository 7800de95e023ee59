"""What the guard tells those whom it refuses, and what pages offer; see house/test_role_matrix."""

from __future__ import annotations

import pytest

from support.console import Console

pytestmark = pytest.mark.on_sqlite


def test_a_refused_operator_is_told_what_to_do(viewer: Console) -> None:
    answer = viewer.get("/admin/visits")

    assert answer.status_code == 403
    assert answer.mimetype == "text/html"
    assert "An owner can change that." in answer.text


def test_pages_offer_only_what_the_role_may_open(
    viewer: Console, handler: Console, owner: Console
) -> None:
    links = ("/admin/consents", "/admin/visits", "/admin/exports", "/admin/access-log")

    offered = {
        console.email: [link for link in links if f'href="{link}"' in console.get("/admin/").text]
        for console in (viewer, handler, owner)
    }

    assert offered[viewer.email] == list(links[:1])
    assert offered[handler.email] == list(links[:3])
    assert offered[owner.email] == list(links)
