"""How the console writes: instants in the zone of the law, codes in the operator's language.

The zone is named on every page that shows a time. A code without words is shown as it is.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from flask import Flask, request
from flask_babel import gettext as _

from consent_server.admin.guard import has_role, may, may_everywhere, may_open, roles_held
from consent_server.audit.services import COMMAND_LINE
from consent_server.config import Settings
from consent_server.operators.sign_in import UNKNOWN_ACCOUNT


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
        actor_name=actor_name,
        purpose_name=purpose_name,
        language_name=language_name,
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


def purpose_name(key: str) -> str:
    """Returns the short name of a purpose; its key when a site made its own."""
    return {
        "functional": _("Functional"),
        "analytics": _("Statistics"),
        "marketing": _("Marketing"),
    }.get(key, key)


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


def device_name(device_class: str) -> str:
    """Returns a device class."""
    return {
        "pc": _("Computer"),
        "mobile": _("Phone"),
        "tablet": _("Tablet"),
        "bot": _("Robot"),
        "other": _("Other"),
    }.get(device_class, device_class)


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


def act_name(act: str) -> str:
    """Returns what an operator did, as the access log tells it."""
    return {
        "sign-in": _("Signed in"),
        "sign-in.failed": _("Sign-in failed"),
        "sign-in.locked": _("Account locked"),
        "sign-out": _("Signed out"),
        "operator.add": _("Added an operator"),
        "sign-in.confirm": _("Confirmed the password"),
        "password.change": _("Changed the password"),
        "second-factor.set": _("Set up the second factor"),
        "second-factor.off": _("Turned off the second factor"),
        "recovery.make": _("Made recovery codes"),
        "recovery.use": _("Used a recovery code"),
        "session.end": _("Ended a session"),
        "operator.reset": _("Reset a password"),
        "operator.invite": _("Invited an operator"),
        "operator.uninvite": _("Withdrew an invitation"),
        "operator.join": _("Accepted an invitation"),
        "operator.grant": _("Gave a role"),
        "operator.revoke": _("Took back a role"),
        "operator.dismiss": _("Dismissed an operator"),
        "operator.training": _("Noted a training"),
        "token.add": _("Made an API token"),
        "token.rotate": _("Renewed an API token"),
        "token.revoke": _("Revoked an API token"),
        "site.add": _("Added a site"),
        "site.change": _("Changed a site"),
        "site.pin": _("Froze a script"),
        "visits.view": _("Viewed visit records"),
        "visits.export": _("Began an export of visit records"),
        "visits.exported": _("Finished an export of visit records"),
        "consents.export": _("Began an export of consent records"),
        "consents.exported": _("Finished an export of consent records"),
    }.get(act, act)


def actor_name(operator: str) -> str:
    """Returns who did it: an account as it is, the others in words."""
    return {
        COMMAND_LINE: _("Command line"),
        UNKNOWN_ACCOUNT: _("Unknown account"),
    }.get(operator, operator)
