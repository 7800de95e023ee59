"""The banner studio: what a form says is saved, shown, looked over and taken back."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from admin.test_studio_form import FULL
from consent_server.admin.studio_form import fields_of
from consent_server.banner.look import Look
from consent_server.banner.schemas import BannerSettings, decoder
from consent_server.consents.models import ConsentRecord
from consent_server.policies.drafts import save_draft
from consent_server.sites.services import find_site
from consent_server.storage.database import db
from support.console import Console
from support.shop import NOTICE, Shop

# What the database does with settings: tests/linting/test_commands.py, on both.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


def page_of(shop: Shop) -> str:
    return f"/admin/sites/{shop.key}/banner"


def send(
    console: Console, shop: Shop, settings: BannerSettings, to: str = "", **more: str
) -> TestResponse:
    """Fills the form in with settings and sends it; `to`: another address than for saving."""
    page = console.get(page_of(shop)).text
    [mark] = re.findall(r'name="mark" value="(\w+)"', page)
    token = console.token(page_of(shop))
    fields: dict[str, Any] = {"mark": mark, "csrf_token": token}
    fields |= fields_of(settings).to_dict(flat=False)
    return console.client.post(page_of(shop) + to, data=fields | more)


def saved(shop: Shop) -> BannerSettings:
    with shop.app.app_context():
        return decoder.decode(find_site(shop.key).banner_settings)


def test_a_form_that_came_without_its_fields_changes_nothing(owner: Console, shop: Shop) -> None:
    page = page_of(shop)

    answer = owner.send(page, form=page)

    assert answer.status_code == 400
    assert saved(shop) == BannerSettings()


def test_what_was_saved_is_served_logged_and_taken_back(owner: Console, shop: Shop) -> None:
    page = page_of(shop)
    embed = shop.app.test_client().get

    answer = send(owner, shop, FULL, language="en", theme="dark", mode="off", width="360")
    shown = owner.get(answer.location).text
    served = embed(f"/embed/{shop.key}.js").text
    undone = owner.send(f"{page}/undo", form=page)

    assert answer.status_code == 302
    assert "Saved. Pages of the site follow within 5 minutes." in shown
    assert "language=en&amp;theme=dark&amp;mode=off" in shown
    assert "--cs-button:#174e3f" in served
    assert undone.status_code == 302
    assert saved(shop) == BannerSettings()
    assert "--cs-button:#174e3f" not in embed(f"/embed/{shop.key}.js").text
    acts = [(act.act, act.reference) for act in owner.acts() if act.act == "site.banner"]
    assert acts == [("site.banner", ""), ("site.banner", "undo")]


def test_colours_that_cannot_be_read_are_refused_and_come_back_as_filled_in(
    owner: Console, shop: Shop
) -> None:
    faint = BannerSettings(look=Look(colours={"button": "#dddddd", "button-text": "#ffffff"}))

    answer = send(owner, shop, faint)

    assert answer.status_code == 400
    assert "button-text on button has a contrast of" in answer.text
    assert 'value="#dddddd"' in answer.text
    assert "Light: Text of buttons on Button has a contrast of 1.36 to 1." in answer.text
    assert saved(shop) == BannerSettings()


def test_whoever_began_with_other_settings_overwrites_nothing(owner: Console, shop: Shop) -> None:
    send(owner, shop, FULL)

    answer = send(owner, shop, BannerSettings(), mark="0" * 16)

    assert answer.status_code == 400
    assert "changed by somebody else" in answer.text
    assert f'name="mark" value="{"0" * 16}"' in answer.text
    assert saved(shop) == FULL


def test_the_preview_is_the_real_script_in_a_document_of_no_origin(
    owner: Console, shop: Shop
) -> None:
    stage = owner.get(f"{page_of(shop)}/preview?language=ko&theme=dark")

    policy = stage.headers["Content-Security-Policy"]
    [nonce] = re.findall(r"script-src 'nonce-([\w-]+)'", policy)
    assert "default-src 'none'" in policy
    assert policy.endswith("frame-ancestors 'self'; sandbox allow-scripts")
    assert stage.text.count(f'<script nonce="{nonce}"') == 2
    assert stage.text.count("</script>") == 2
    assert "모두 거부" in stage.text
    assert "--cs-scheme:dark" in stage.text
    assert '"visits"' not in stage.text
    assert "frame-src 'self'" in owner.get(page_of(shop)).headers["Content-Security-Policy"]


def test_the_preview_shows_what_is_not_saved_and_says_what_does_not_fit(
    owner: Console, shop: Shop
) -> None:
    tried = send(owner, shop, FULL, "/preview", language="en", mode="opt_out")
    wrong = send(owner, shop, FULL, "/preview", **{"look.radius_px": "a lot"})

    assert "--cs-radius:4px" in tried.text
    assert "All of them are on until you refuse them here" in tried.text
    assert wrong.status_code == 400
    assert "radius_px" in wrong.text
    assert "<script" not in wrong.text
    assert saved(shop) == BannerSettings()


def test_hostile_words_do_not_leave_the_script_of_the_preview(owner: Console, shop: Shop) -> None:
    hostile = shop.with_notice(
        type(NOTICE)(
            purposes=NOTICE.purposes,
            texts={"en": {"title": "</script><script>alert(1)</script><!--"}},
        )
    )

    stage = owner.get(f"{page_of(hostile)}/preview?language=en").text

    assert stage.count("</script>") == 2
    assert "alert(1)" in stage
    assert "<!--" not in stage.removeprefix("<!doctype html>")


def test_the_linter_follows_the_form_and_a_page_and_keeps_neither(
    owner: Console, shop: Shop
) -> None:
    looked = send(owner, shop, FULL, "/lint", page="_ga=GA1.2.3; cs_consent=x").text
    page = page_of(shop)
    plain = owner.send(f"{page}/lint", form=page, page="_ga=GA1.2.3")

    assert "Unknown service Meta Pixel" in looked
    assert "Unknown cookie _ga (Google Analytics)" in looked
    assert "GA1.2.3" not in looked
    assert "<main" not in looked
    assert "Unknown cookie _ga" in plain.text
    assert "<main" in plain.text
    assert saved(shop) == BannerSettings()


def test_each_finding_leads_to_where_it_is_mended(owner: Console, shop: Shop) -> None:
    page = html.unescape(owner.get(page_of(shop)).text)

    assert f'href="/admin/sites/{shop.key}/notice/draft#officer.names.ko"' in page
    assert f'href="/admin/sites/{shop.key}/notice/draft#services.0.names"' in page
    draft = owner.get(f"/admin/sites/{shop.key}/notice/draft").text
    for place in re.findall(r"/notice/draft#([^\"]+)", page):
        assert f'id="{place}"' in draft, place


def test_a_viewer_looks_and_changes_nothing(viewer: Console, shop: Shop) -> None:
    page = viewer.get(page_of(shop)).text

    assert '<fieldset class="stack" disabled>' in page
    assert "notice/draft" not in page
    assert f'formaction="{page_of(shop)}/preview"' in page
    assert viewer.get(f"{page_of(shop)}/preview").status_code == 200


def test_findings_stand_beside_the_announcement_and_stop_nothing(
    owner: Console, shop: Shop
) -> None:
    with shop.app.app_context():
        save_draft(shop.id, NOTICE, "editor@shop.example")

    page = owner.get(f"/admin/sites/{shop.key}/notice").text

    assert "it stops nothing" in page
    assert "The notice names no privacy officer." in page
    assert "Announce it" in page


def test_a_look_at_the_banner_records_nothing(owner: Console, shop: Shop) -> None:
    owner.get(f"{page_of(shop)}/preview")
    send(owner, shop, FULL, "/preview")

    with shop.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(ConsentRecord)) == 0
