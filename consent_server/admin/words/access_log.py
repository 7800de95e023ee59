"""The access log in words: what was done, by whom, and what of a month stands out."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from consent_server.admin.remembered import once_per_language
from consent_server.audit.services import COMMAND_LINE, SERVICE
from consent_server.jobs.scheduler import SCHEDULER
from consent_server.operators.passkeys import UNKNOWN_ACCOUNT

__all__ = ["act_name", "actor_name", "group_name", "mark_words", "review_state"]


@once_per_language
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
        "passkey.add": _("Added a passkey"),
        "passkey.remove": _("Removed a passkey"),
        "passkey.use": _("Used a passkey"),
        "passkey.confirm": _("Confirmed with a passkey"),
        "passkey.backwards": _("A passkey counted backwards: it may be a copy"),
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
        "site.banner": _("Changed the banner of a site"),
        "archive.ask": _("Asked to read the archive"),
        "archive.approve": _("Approved reading the archive"),
        "archive.refuse": _("Refused reading the archive"),
        "archive.read": _("Read the archive"),
        "archive.hand-over": _("Handed records to an authority"),
        "disclosures.export": _("Downloaded the disclosure ledger"),
        "certificate.confirm": _("Confirmed a certificate"),
        "certificates.export": _("Downloaded the destruction ledger"),
        "log.export": _("Downloaded the access log"),
        "log.review": _("Signed a review of the access log"),
        "hold.open": _("Opened a legal hold"),
        "hold.extend": _("Extended a legal hold"),
        "hold.release": _("Released a legal hold"),
        "hold.read": _("Read records of a legal hold"),
        "hold.end": _("A legal hold ended"),
        "policy.draft": _("Changed the draft of a notice"),
        "policy.announce": _("Announced a notice"),
        "policy.publish": _("Published a notice"),
        "policy.cancel": _("Called off a notice"),
        "policy.import": _("Imported a site"),
        "visits.view": _("Viewed visit records"),
        "consents.view": _("Viewed a consent record"),
        "visits.export": _("Began an export of visit records"),
        "visits.exported": _("Finished an export of visit records"),
        "consents.export": _("Began an export of consent records"),
        "consents.exported": _("Finished an export of consent records"),
        "export.shredded": _("Said that an exported copy is destroyed"),
        "export.download": _("Fetched an exported file"),
        "export.cancel": _("Cancelled an export"),
        "export.wiped": _("An exported file was destroyed"),
        "export.schedule": _("Made a schedule of exports"),
        "export.unschedule": _("Removed a schedule of exports"),
    }.get(act, act)


def group_name(group: str) -> str:
    """Returns a group of acts, as the filter offers it."""
    return {
        "sign_in": _("Sign-ins and sessions"),
        "failure": _("Failed sign-ins"),
        "view": _("Views of personal data"),
        "export": _("Exports and copies"),
        "grant": _("Operators, rights and tokens"),
        "change": _("Changes"),
    }[group]


def mark_words(mark: str, count: int) -> str:
    """Says what stands out in a month; beside it stands whose it is."""
    return {
        "broken": ngettext(
            "%(num)s entry is not as it was written",
            "%(num)s entries are not as they were written",
            count,
        ),
        "locked": ngettext(
            "an account was locked %(num)s time after five failures",
            "accounts were locked %(num)s times after five failures",
            count,
        ),
        "failures": ngettext("%(num)s sign-in failed", "%(num)s sign-ins failed", count),
        "failures_from": ngettext(
            "five or more sign-ins failed from %(num)s address",
            "five or more sign-ins each failed from %(num)s addresses",
            count,
        ),
        "new_source": ngettext(
            "came from %(num)s address not seen before",
            "came from %(num)s addresses not seen before",
            count,
        ),
        "unusual_hours": ngettext(
            "%(num)s act at night (22:00–6:00) or at the weekend",
            "%(num)s acts at night (22:00–6:00) or at the weekend",
            count,
        ),
        "many_records": ngettext(
            "saw or took %(num)s record", "saw or took %(num)s records", count
        ),
        "by_command_line": ngettext(
            "%(num)s change of rights on the command line",
            "%(num)s changes of rights on the command line",
            count,
        ),
        "copies_open": ngettext(
            "%(num)s exported copy is not said to be destroyed",
            "%(num)s exported copies are not said to be destroyed",
            count,
        ),
    }.get(mark, mark)


def review_state(state: str) -> str:
    """Returns how the review of a month stands."""
    return {
        "running": _("runs still"),
        "reviewed": _("reviewed"),
        "waiting": _("waits for review"),
        "overdue": _("overdue"),
    }[state]


def actor_name(operator: str) -> str:
    """Returns who did it: an account as it is, the others in words."""
    if operator.startswith(SCHEDULER):
        return _("Scheduler on %(node)s", node=operator.removeprefix(SCHEDULER))
    return {
        COMMAND_LINE: _("Command line"),
        SERVICE: _("The service itself"),
        UNKNOWN_ACCOUNT: _("Unknown account"),
    }.get(operator, operator)
