"""How the console writes: instants in the zone of the law, codes in the operator's language.

The zone is named on every page that shows a time. A code without words is shown as it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.numbers import format_compact_decimal
from flask import Flask, request
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from consent_server.admin.guard import has_role, may, may_everywhere, may_open, roles_held
from consent_server.admin.log_words import (
    act_name,
    actor_name,
    group_name,
    mark_words,
    review_state,
)
from consent_server.admin.remembered import once_per_language
from consent_server.config import Settings
from consent_server.statistics.circumstance_rules import UNKNOWN_COUNTRY

_EXACT: Final = 1_000  # more are told as what they are about


def init_app(app: Flask, settings: Settings) -> None:
    """Gives templates the functions of this module."""
    zone = ZoneInfo(settings.zone)

    def local_time(instant: datetime) -> str:
        return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")

    def local_day(instant: datetime) -> str:
        return instant.astimezone(zone).strftime("%Y-%m-%d")

    app.jinja_env.globals.update(
        local_time=local_time,
        local_day=local_day,
        zone=settings.zone,
        visit_months=settings.visit_months,
        has_role=has_role,
        may=may,
        may_everywhere=may_everywhere,
        may_open=may_open,
        role_name=role_name,
        own_roles=own_roles,
        role_words=role_words,
        present_room=present_room,
        address_with=address_with,
        action_name=action_name,
        device_name=device_name,
        layer_name=layer_name,
        act_name=act_name,
        group_name=group_name,
        mark_words=mark_words,
        review_state=review_state,
        token_state=token_state,
        scope_name=scope_name,
        actor_name=actor_name,
        record_class_name=record_class_name,
        destruction_reason=destruction_reason,
        destruction_method=destruction_method,
        purpose_name=purpose_name,
        language_name=language_name,
        dimension_name=dimension_name,
        value_name=value_name,
        day_remark=day_remark,
        visit_basis_name=visit_basis_name,
        hold_basis_name=hold_basis_name,
        hold_scope_name=hold_scope_name,
        address_mode_name=address_mode_name,
        device_mode_name=device_mode_name,
        basis_name=basis_name,
        item_name=item_name,
        export_purpose=export_purpose,
        export_state=export_state,
        period_name=period_name,
        request_state=request_state,
        instant_of=datetime.fromisoformat,
        check_name=check_name,
        check_state=check_state,
        count=count,
        about_count=about_count,
        version_name=version_name,
        percent=percent,
    )


def address_with(**changes: object) -> str:
    """Returns the present address with some query fields changed (None removes one)."""
    values: dict[str, object] = {**request.args.to_dict(), **changes}
    kept = {name: value for name, value in values.items() if value is not None}
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def present_room() -> str:
    """Returns the first word of the address under /admin: the room that a page belongs to."""
    words = request.path.split("/")
    return words[2].replace("-", "_") if len(words) > 2 else ""


def own_roles() -> str:
    """Returns the roles of the operator who is signed in."""
    return ", ".join(role_name(role) for role in reversed(roles_held())) or _("No role")


@once_per_language
def role_name(role: str) -> str:
    """Returns a role."""
    return {
        "viewer": _("Viewer"),
        "handler": _("Handler"),
        "editor": _("Editor"),
        "officer": _("Officer"),
        "auditor": _("Auditor"),
        "owner": _("Owner"),
    }.get(role, role)


@once_per_language
def role_words(role: str) -> str:
    """Returns what a role is for."""
    return {
        "viewer": _("sees sites and consent records"),
        "handler": _("also sees and exports personal data"),
        "editor": _("also changes notices and the banner"),
        "officer": _("also approves, certifies and reviews"),
        "auditor": _("reads everything, changes nothing"),
        "owner": _("everything"),
    }.get(role, "")


def language_name(code: str) -> str:
    """Returns a language's own name for itself; the code when it has none here."""
    try:
        return Locale.parse(code, sep="-").language_name or code
    except (UnknownLocaleError, ValueError):
        return code


@once_per_language
def purpose_name(key: str) -> str:
    """Returns the short name of a purpose; its key when a site made its own."""
    return {
        "functional": _("Functional"),
        "analytics": _("Statistics"),
        "marketing": _("Marketing"),
    }.get(key, key)


@once_per_language
def action_name(action: str) -> str:
    """Returns what a visitor did."""
    return {
        "accept_all": _("Allowed all"),
        "refuse_all": _("Refused all"),
        "customise": _("Chose in detail"),
        "ask_each": _("Ask each time"),
        "withdraw": _("Withdrew"),
        "gpc": _("Browser signal (GPC)"),
        "import": _("Imported"),
    }.get(action, action)


@once_per_language
def device_name(device_class: str) -> str:
    """Returns a device class."""
    return {
        "pc": _("Computer"),
        "mobile": _("Phone"),
        "tablet": _("Tablet"),
        "bot": _("Robot"),
        "other": _("Other"),
    }.get(device_class, device_class)


def visit_basis_name(basis: str) -> str:
    """Returns why visits are recorded."""
    return {
        "legal_duty": _("Kept: the law asks for it"),
        "legitimate_interest": _("Kept: legitimate interest"),
        "consent": _("Kept if the visitor consents"),
        "off": _("Not kept"),
    }.get(basis, basis)


def hold_basis_name(basis: str) -> str:
    """Returns on what a legal hold stands."""
    return {
        "court": _("Order of a court"),
        "investigation": _("Request of an investigating authority"),
        "litigation": _("Lawsuit or dispute"),
        "authority": _("Order of another authority"),
    }.get(basis, basis)


def hold_scope_name(narrowed_by: str) -> str:
    """Returns which visits a legal hold keeps."""
    return {
        "site": _("All visits of the site"),
        "address": _("Those of one address"),
        "visitor": _("Those of one visitor"),
    }.get(narrowed_by, narrowed_by)


def address_mode_name(mode: str) -> str:
    """Returns how much a visit keeps of the address."""
    return {
        "full": _("The whole address"),
        "truncated": _("Its network only (24 bits of IPv4, 48 of IPv6)"),
        "keyed_hash": _("A hash that dies with the key of the day"),
        "none": _("Nothing"),
    }.get(mode, mode)


def device_mode_name(mode: str) -> str:
    """Returns how much a visit keeps of the device."""
    return {
        "parsed": _("Class, browser and system"),
        "user_agent": _("These and the whole user-agent header"),
    }.get(mode, mode)


def basis_name(basis: str) -> str:
    """Returns on which legal basis the archive is read."""
    return {
        "communications_warrant": _("Permit to obtain communications records"),
        "court_order": _("Request of a court"),
        "subject_access": _("A visitor asks for his own records"),
        "breach_response": _("Response to a leak"),
    }.get(basis, basis)


def item_name(item: str) -> str:
    """Returns a fact of a visit record."""
    return {
        "recorded_at": _("Time"),
        "site": _("Site"),
        "path": _("Path"),
        "referrer": _("Came from"),
        "ip": _("Address"),
        "device": _("Device"),
        "visitor": _("Visitor number"),
    }.get(item, item)


def export_purpose(purpose: str) -> str:
    """Returns what records are exported for."""
    return {
        "data_subject": _("A person asks for their data"),
        "authority": _("An authority asks"),
        "audit": _("Audit"),
        "support": _("Support of a visitor"),
        "analysis": _("Analysis"),
        "other": _("Something else"),
    }.get(purpose, "–")


def export_state(state: str) -> str:
    """Returns how an export in the background stands."""
    return {
        "queued": _("waits"),
        "running": _("is being written"),
        "done": _("done"),
        "failed": _("failed"),
        "cancelled": _("cancelled"),
    }[state]


def period_name(every: str) -> str:
    """Returns how often a scheduled export is made."""
    return {
        "day": _("Every day"),
        "week": _("Every week"),
        "month": _("Every month"),
    }.get(every, every)


def request_state(state: str) -> str:
    """Returns how a request stands."""
    return {
        "pending": _("waits for approval"),
        "approved": _("approved"),
        "refused": _("refused"),
        "expired": _("expired"),
    }[state]


@once_per_language
def layer_name(layer: str) -> str:
    """Returns where on the page a decision was made."""
    return {
        "notice": _("Notice"),
        "preferences": _("Preferences"),
        "question": _("Question of one service"),
        "placeholder": _("Placeholder of blocked content"),
        "page": _("Page of the site"),
        "api": _("Script of the site"),
    }.get(layer, layer)


def token_state(state: str) -> str:
    """Returns whether a token of a machine is of use."""
    return {"valid": _("valid"), "expired": _("expired"), "revoked": _("revoked")}[state]


def scope_name(scope: str) -> str:
    """Returns what a token of a machine opens."""
    return {
        "consents.export": _("export consent records"),
        "metrics.read": _("read the metrics"),
    }.get(scope, scope)


@once_per_language
def dimension_name(dimension: str) -> str:
    """Returns what statistics are by."""
    return {
        "path": _("Page"),
        "referrer": _("Came from"),
        "browser": _("Browser"),
        "system": _("System"),
        "country": _("Country"),
        "device": _("Device"),
    }.get(dimension, dimension)


def value_name(dimension: str, value: str) -> str:
    """Returns a value of statistics; what is not known in words."""
    if not value:
        return _("Directly, or not said") if dimension == "referrer" else _("Not known")
    if dimension == "device":
        return device_name(value)
    if dimension == "country":
        if value == UNKNOWN_COUNTRY:
            return _("Not known")
        locale = get_locale()
        return (locale and locale.territories.get(value)) or value
    return value


@once_per_language
def day_remark(state: str, unreadable: int) -> str:
    """Returns why a day has no numbers, or not all."""
    return {
        "few": _("Too few visitors to show"),
        "waiting": _("Not counted yet"),
        "destroyed": _("Destroyed before it was counted"),
        "none": _("No visit"),
        "incomplete": ngettext(
            "%(num)s visit could not be read", "%(num)s visits could not be read", unreadable
        ),
    }.get(state, "")


@once_per_language
def check_name(check: str) -> str:
    """Returns what of the service was looked at."""
    return {
        "main_database": _("Main database"),
        "keys": _("Key ring"),
        "queue": _("Queue of records to be written"),
        "disk": _("Room on the disks"),
        "destruction": _("Destruction in time"),
        "counting": _("Counting of visits"),
        "archiving": _("Moving to the archive"),
        "schedules": _("Scheduled exports"),
    }.get(check, check)


def check_state(status: str) -> str:
    """Returns how a part of the service is."""
    return {"ok": _("well"), "degraded": _("needs a look"), "failed": _("does not work")}[status]


def version_name(number: str) -> str:
    """Returns a version of a notice."""
    return _("Version %(number)s", number=number)


def count(number: int) -> str:
    """Returns a count with its thousands set apart."""
    return f"{number:,}"


def about_count(number: int) -> str:
    """Returns how many records there are; of many only about how many."""
    if number < _EXACT:
        return ngettext("%(num)s record", "%(num)s records", number)
    locale = get_locale()
    words = format_compact_decimal(number, format_type="long", locale=locale, fraction_digits=1)
    return _("About %(count)s records", count=words)


def percent(share: float) -> str:
    """Returns a share, 0 to 1, in percent."""
    return f"{share:.0%}" if share in (0, 1) else f"{share:.1%}"


def record_class_name(record_class: str) -> str:
    """Returns what a class of the retention table holds."""
    return {
        "visit": _("Visit records"),
        "held visit": _("Visit records of a legal hold"),
        "access_log": _("Access log"),
        "grant_history": _("History of operators' rights"),
    }.get(record_class, record_class)


def destruction_reason(reason: str) -> str:
    """Returns why records were destroyed."""
    return {
        "period_over": _("the retention period was over"),
        "withdrawal": _("the visitor withdrew or asked for it"),
        "hold_ended": _("a legal hold ended"),
        "found_again": _("found again, such as after a restored backup"),
    }.get(reason, reason)


def destruction_method(method: str) -> str:
    """Returns how records were destroyed."""
    return {
        "key_and_rows": _(
            "encryption key overwritten and removed, rows overwritten, database log emptied"
        ),
        "key_and_partition": _(
            "encryption key overwritten and removed, table of the day truncated and dropped"
        ),
        "rows": _("rows removed"),
    }.get(method, method)
