"""Prepares the demo: its site, its notice and, on an empty installation, a first operator.

Safe to repeat: what is there already is found again, and a password is shown only when it is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit

from consent_server.config import Settings
from consent_server.errors import NotFound
from consent_server.operators.services import add_operator, all_operators, new_password
from consent_server.policies.rules import canonical, fingerprint, shown_in
from consent_server.policies.schemas import Notice
from consent_server.policies.services import find_version, open_site, publish, read_notice
from consent_server.sites.models import Site
from consent_server.sites.services import NewSite, all_sites, change_site, script_tag

SITE_NAME: Final = "Dewframe"
OPERATOR_EMAIL: Final = "demo@example.com"
_NEW_DEMO: Final = "The demo was brought up to date."


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What somebody who tries the demo needs.

    password: only when the operator was made by this call; it is stored nowhere in clear.
    """

    site_key: str
    tag: str
    email: str
    password: str | None


def prepare_demo(settings: Settings) -> Prepared:
    """Finds or makes the demo site with its notice, and an operator where there is none.

    Needs an application context. Every change goes through the services of the rooms.
    """
    site = _site(settings)
    email, password = _operator()
    return Prepared(
        site_key=site.key,
        tag=script_tag(settings.public_url, site.key),
        email=email,
        password=password,
    )


def demo_notice() -> Notice:
    """Returns the notice of the demo page."""
    return read_notice(files("consent_server.demo").joinpath("notice.json").read_bytes())


def _site(settings: Settings) -> Site:
    wanted = NewSite(
        name=SITE_NAME,
        origins=_origins(settings.public_url),
        controller="Dewframe Co., Ltd.",
        contact="privacy@dewframe.example",
    )
    notice = demo_notice()
    site = next((known for known in all_sites() if known.name == SITE_NAME), None)
    if site is None:
        return open_site(wanted, notice)
    if {known.origin for known in site.origins} != set(wanted.origins):
        change_site(site, wanted)  # the demo runs on another port than last time
    if not _is_in_force(site.id, notice):
        publish(site.id, notice, urgent=_NEW_DEMO)
    return site


def _origins(public_url: str) -> list[str]:
    """Returns the public origin and both names of this machine: people type either."""
    url = urlsplit(public_url)
    port = "" if url.port is None else f":{url.port}"
    names = ("127.0.0.1", "localhost", url.hostname or "localhost")
    return sorted({f"{url.scheme}://{name}{port}" for name in names})


def _is_in_force(site_id: int, notice: Notice) -> bool:
    """Whether visitors already read exactly these words, in every language."""
    wanted = {lang: fingerprint(canonical(shown_in(notice, lang))) for lang in notice.languages}
    try:
        version = find_version(site_id)
    except NotFound:
        return False
    return {text.language: text.sha256 for text in version.texts} == wanted


def _operator() -> tuple[str, str | None]:
    known = [operator for operator in all_operators() if operator.active]
    if known:
        emails = [operator.email for operator in known]
        return (OPERATOR_EMAIL if OPERATOR_EMAIL in emails else emails[0]), None
    password = new_password()
    return add_operator(OPERATOR_EMAIL, password).email, password
