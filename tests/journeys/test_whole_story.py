"""One story of a console: an operator's first and last day, and a notice that changes in between.

Told against the real service, which is stopped and starts anew eight days later (libfaketime); the
visitor and both operators are real browsers.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from support.at_the_console import Operator
from support.browser import MakeContext
from support.gated_page import Product, choose_and_record
from support.product_page import ProductPages
from support.service import MakeService, Service

OWNER, KIM = "owner@example.com", "kim@example.com"
PARTNERS = {"한국어": "협력사 공유", "English": "Partners"}
WHY, WHAT_FOR = "We work with partners.", "Yearly audit"


@dataclass
class Deployment:
    """A service that runs, and its clock."""

    service: Service
    _ahead: timedelta = timedelta(0)

    @property
    def now(self) -> datetime:
        """What its clock shows."""
        return datetime.now(UTC) + self._ahead

    def let_days_pass(self, days: int) -> None:
        """Stops the service and starts it days later: no job runs in between."""
        self._ahead += timedelta(days=days)
        self.service.stop()
        self.service.faketime = f"+{self._ahead.days}d"
        self.service.start()

    def first_operator(self, email: str, page: Page) -> Operator:
        """Adds an operator at the shell, as an installation begins."""
        made = json.loads(self.service.run_cli("operators", "add", email, "--json").stdout)
        return Operator(page, self.service.url, email, made["password"])


@pytest.fixture
def deployment(make_service: MakeService) -> Deployment:
    """A service with the policy for second factors as it is in production, and no site yet."""
    service = make_service({"CONSENT_SECOND_FACTOR": "personal"})
    service.start()
    return Deployment(service)


def test_from_an_invitation_to_a_dismissal_and_from_a_draft_to_the_answer(
    deployment: Deployment, make_context: MakeContext, page: Page, product_pages: ProductPages
) -> None:
    owner = deployment.first_operator(OWNER, make_context().new_page())
    owner.sign_in()
    owner.set_up_app(deployment.now)
    kim = Operator(make_context(locale="ko-KR").new_page(), deployment.service.url, KIM)
    kim.join(owner.invite(KIM, "owner"))
    kim.sign_in()
    kim.set_up_app(deployment.now)
    kim.sign_out()
    kim.sign_in()
    kim.send_code(deployment.now)

    site = kim.add_site("Dewframe", product_pages.origin)
    product = Product(deployment.service, product_pages, *site)
    product.open(page)
    choose_and_record(page, "all")
    kim.draft_purpose("Dewframe", "partners", PARTNERS)
    kim.announce(WHY)
    see_it_coming(page, product)

    deployment.let_days_pass(8)
    answer_for_the_new_purpose_alone(page, product)

    assert not kim.is_in()  # half an hour without a click is long over
    kim.sign_in()
    kim.send_code(deployment.now)
    first, second = kim.export_consents(WHAT_FOR)
    assert (first["policy_version"], second["policy_version"]) == (1, 2)
    assert second["decisions"] == first["decisions"] | {"partners": False}
    assert second["visitor_id"] == first["visitor_id"]

    owner.sign_in()
    owner.send_code(deployment.now)
    log = owner.entries_of(KIM)
    assert any("Added a site" in line for line in log)
    assert any("Announced a notice" in line for line in log)
    assert any("export of consent records" in line and WHAT_FOR in line for line in log)

    assert kim.is_in()
    owner.dismiss(KIM)
    dismissed = time.monotonic()
    assert not kim.is_in()
    assert time.monotonic() - dismissed < 1
    kim.page.reload()
    expect(kim.page.get_by_role("heading", name="Sign in to the console")).to_be_visible()


def see_it_coming(page: Page, product: Product) -> None:
    """The product page tells of the change; the link leads to what changes, and why."""
    page.goto(product.url)
    card = page.locator("#cs-changes")
    expect(card).to_contain_text("A changed notice applies from")
    page.goto(card.get_by_role("link").get_attribute("href") or "")
    expect(page.get_by_text(WHY)).to_be_visible()
    expect(page.locator("ins", has_text="Partners").first).to_be_visible()


def answer_for_the_new_purpose_alone(page: Page, product: Product) -> None:
    """The visitor is asked for what is new, and refuses it; the rest is not asked again."""
    page.goto(product.url)
    card = page.locator("#cs-changes")
    expect(card).to_contain_text("Partners (new)")
    expect(page.locator("#cs-notice")).to_have_count(0)
    with page.expect_response("**/v1/consents"):
        card.get_by_role("button", name="Refuse").click()
