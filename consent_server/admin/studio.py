"""The banner studio: settings of a site's banner, the real banner beside them, and the linter.

The preview is the real script in a document of no origin (admin.stage): a choice made in it is
written nowhere, and a visit is none. It shows what stands in the form, saved or not; only saving
changes anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from consent_server.admin import banner_words
from consent_server.admin.choices import known_site
from consent_server.admin.findings import severity_name, shown_findings
from consent_server.admin.guard import may, operator_name, operator_page
from consent_server.admin.said import said
from consent_server.admin.stage import staged
from consent_server.admin.studio_form import (
    COLOURS,
    SWITCHES,
    fields_of,
    read_studio_form,
    read_unsaved,
)
from consent_server.audit.services import Act, record_act
from consent_server.banner.document import Ask, BannerDocuments
from consent_server.banner.look import Look, Preset
from consent_server.banner.schemas import STRICTEST_FIRST, BannerSettings, Google, Mode
from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.linting.contrast import THEMES, painted, ratios_of
from consent_server.linting.evidence import evidence_in
from consent_server.linting.findings import SEVERITIES, Finding
from consent_server.linting.rules import lint
from consent_server.linting.services import examined
from consent_server.sites.directory import entry_of
from consent_server.sites.services import keep_banner_settings, mark_of, restore_banner_settings
from consent_server.web.headers import WORKSHOP_POLICY

if TYPE_CHECKING:
    from consent_server.sites.models import Site

WIDTHS: Final = ("360", "768", "1280")
_PRESETS: Final[tuple[Preset, ...]] = ("plain", "ink", "paper", "mint", "contrast")


@dataclass(frozen=True, slots=True)
class Scene:
    """What the preview shows besides the settings: for whom, on what."""

    language: str
    theme: str
    mode: Mode
    width: str


def add_pages(routes: Blueprint, settings: Settings, documents: BannerDocuments) -> None:
    """Adds the pages."""
    minutes = -(-settings.embed_max_age_seconds // 60)

    @routes.get("/sites/<key>/banner")
    @operator_page("records.read")
    def show_studio(key: str) -> Response:
        site = known_site(key)
        saved = documents.settings(entry_of(site))
        return _studio(site, documents, fields_of(saved), saved, minutes=minutes)

    @routes.post("/sites/<key>/banner")
    @operator_page("notices.change")
    def save_studio(key: str) -> ResponseReturnValue:
        site = known_site(key)
        try:
            wanted = read_studio_form(request.form)
            encoded = msgspec.json.encode(wanted).decode()
            keep_banner_settings(site.key, encoded, seen=request.form.get("mark", ""))
        except CommandError as error:
            return _refused(known_site(key), documents, said(error), minutes)
        _log(site)
        return _back(key, _scene(site, documents, request.form), "saved")

    @routes.post("/sites/<key>/banner/undo")
    @operator_page("notices.change")
    def undo_studio(key: str) -> ResponseReturnValue:
        site = known_site(key)
        try:
            restore_banner_settings(site.key)
        except CommandError as error:
            return _refused(known_site(key), documents, said(error), minutes)
        _log(site, "undo")
        return _back(key, _scene(site, documents, request.form), "undone")

    @routes.get("/sites/<key>/banner/preview")
    @operator_page("records.read")
    def show_preview(key: str) -> Response:
        site = known_site(key)
        saved = documents.settings(entry_of(site))
        return _stage(site, documents, saved, _scene(site, documents, request.args))

    @routes.post("/sites/<key>/banner/preview")
    @operator_page("records.read")
    def try_preview(key: str) -> ResponseReturnValue:
        site = known_site(key)
        scene = _scene(site, documents, request.form)
        try:
            return _stage(site, documents, read_unsaved(request.form), scene)
        except CommandError as error:
            return _empty_stage(said(error), scene), 400

    @routes.post("/sites/<key>/banner/lint")
    @operator_page("records.read")
    def lint_studio(key: str) -> ResponseReturnValue:
        site = known_site(key)
        if "look.position" not in request.form:  # a page to compare with, without JavaScript
            saved = documents.settings(entry_of(site))
            return _studio(site, documents, fields_of(saved), saved, minutes=minutes)
        try:
            wanted = read_unsaved(request.form)
        except CommandError as error:
            return render_template("admin/studio_findings.html", unread=said(error)), 400
        return render_template("admin/studio_findings.html", **_looked_over(site, wanted))


def _studio(
    site: Site,
    documents: BannerDocuments,
    values: MultiDict[str, str],
    settings: BannerSettings,
    *,
    minutes: int,
    problem: str = "",
) -> Response:
    purposes = [one.key for one in documents.present(entry_of(site)).version.notice.purposes]
    page = render_template(
        "admin/studio.html",
        site=site,
        values=values,
        # as it came: who was told of somebody else's change has to look at it first
        mark=request.form.get("mark") or mark_of(site.banner_settings),
        problem=problem,
        minutes=minutes,
        may_change=may("notices.change", site.id),
        can_undo=site.banner_settings_before is not None,
        languages=documents.languages(entry_of(site)),
        scene=_scene(site, documents, request.form or request.args),
        purposes=list(dict.fromkeys([*purposes, *settings.gpc])),
        signals=(settings.google or Google()).signals,
        widths=WIDTHS,
        colours=COLOURS,
        switches=[name for name in SWITCHES if name in banner_words.switch_words()],
        placeholders={name: painted(Look(preset=name)) for name in _PRESETS},
        words=banner_words,
        **_looked_over(site, settings),
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = WORKSHOP_POLICY
    return response


def _refused(
    site: Site, documents: BannerDocuments, problem: str, minutes: int
) -> ResponseReturnValue:
    """Shows the form as it was filled in, with what is wrong; nothing was saved."""
    saved = documents.settings(entry_of(site))
    try:
        wanted = read_unsaved(request.form)
    except CommandError:
        wanted = saved
    values = request.form if "look.position" in request.form else fields_of(saved)
    return _studio(site, documents, values, wanted, minutes=minutes, problem=problem), 400


def _stage(
    site: Site, documents: BannerDocuments, settings: BannerSettings, scene: Scene
) -> Response:
    """Returns the document of the preview."""
    look = settings.look
    if look.scheme == "auto":  # what the browser prefers is what the operator wants to see
        look = msgspec.structs.replace(look, scheme=scene.theme)
    shown = msgspec.structs.replace(settings, look=look)
    script = documents.trial(entry_of(site), shown, Ask(scene.language, scene.mode))
    return _empty_stage("", scene, script)


def _empty_stage(problem: str, scene: Scene, script: str = "") -> Response:
    return staged("admin/preview.html", scene=scene, script=script, problem=problem)


def _looked_over(site: Site, settings: BannerSettings) -> dict[str, object]:
    """Returns what the linter says about settings, with a page to compare them with, if given."""
    seen = evidence_in(request.form.get("page", ""))
    findings = lint(examined(site, settings=settings, evidence=seen))
    return {
        "findings": shown_findings(site, findings),
        "counts": _counts(findings),
        "ratios": ratios_of(settings.look),
        "severity_name": severity_name,
        "theme_name": banner_words.theme_name,
        "colour_name": banner_words.colour_name,
    }


def _counts(findings: list[Finding]) -> dict[str, int]:
    return {
        severity: sum(finding.severity == severity for finding in findings)
        for severity in SEVERITIES
    }


def _scene(site: Site, documents: BannerDocuments, values: MultiDict[str, str]) -> Scene:
    """Returns what was chosen for the preview; what is none of the choices is as by default."""
    languages = documents.languages(entry_of(site))
    language, theme = values.get("language", ""), values.get("theme", "")
    mode, width = values.get("mode", ""), values.get("width", "")
    usual = documents.settings(entry_of(site)).modes.default
    return Scene(
        language=language if language in languages else languages[0],
        theme=theme if theme in THEMES else THEMES[0],
        mode=next((one for one in STRICTEST_FIRST if one == mode), usual),
        width=width if width in WIDTHS else WIDTHS[-1],
    )


def _back(key: str, scene: Scene, said: str) -> ResponseReturnValue:
    """Leads to the studio, which shows the same scene and says what was done."""
    studio = url_for(
        "admin.show_studio",
        key=key,
        language=scene.language,
        theme=scene.theme,
        mode=scene.mode,
        width=scene.width,
        done=said,
    )
    return redirect(studio)


def _log(site: Site, reference: str = "") -> None:
    record_act(
        Act(operator=operator_name(), act="site.banner", site_id=site.id, reference=reference)
    )
