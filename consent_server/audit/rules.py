"""What can stand in the access log, in groups, and in which of its two chains. Pure.

The groups are those that a reviewer looks for (Safety Standard art. 8): who came in, who failed,
who saw personal data, what left, who was given rights, what was changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

Group = Literal["sign_in", "failure", "view", "export", "grant", "change"]
Chain = Literal["acts", "grants"]

GROUPS: Final[tuple[Group, ...]] = get_args(Group)
CHAINS: Final[tuple[Chain, ...]] = get_args(Chain)
ACTS: Final[Mapping[Group, tuple[str, ...]]] = {
    "sign_in": (
        "sign-in",
        "sign-out",
        "sign-in.confirm",
        "recovery.use",
        "passkey.use",
        "passkey.confirm",
        "session.end",
    ),
    "failure": ("sign-in.failed", "sign-in.locked", "passkey.backwards"),
    "view": ("visits.view", "consents.view", "archive.read", "hold.read"),
    "export": (
        "visits.export",
        "visits.exported",
        "consents.export",
        "consents.exported",
        "export.shredded",
        "export.download",
        "export.cancel",
        "export.wiped",
        "export.schedule",
        "export.unschedule",
        "archive.hand-over",
        "disclosures.export",
        "certificates.export",
        "log.export",
    ),
    "grant": (
        "operator.add",
        "operator.reset",
        "operator.invite",
        "operator.uninvite",
        "operator.join",
        "operator.grant",
        "operator.revoke",
        "operator.dismiss",
        "operator.training",
        "token.add",
        "token.rotate",
        "token.revoke",
    ),
    "change": (
        "password.change",
        "second-factor.set",
        "second-factor.off",
        "recovery.make",
        "passkey.add",
        "passkey.remove",
        "site.add",
        "site.change",
        "site.pin",
        "site.banner",
        "archive.ask",
        "archive.approve",
        "archive.refuse",
        "certificate.confirm",
        "hold.open",
        "hold.extend",
        "hold.release",
        "hold.end",
        "policy.draft",
        "policy.announce",
        "policy.publish",
        "policy.cancel",
        "policy.import",
        "log.review",
    ),
}
GRANTS: Final = "operator."  # such acts are kept for three years, see retention.rules
_GROUP_OF: Final = {act: group for group, acts in ACTS.items() for act in acts}
# counted once: what begins an export is followed by what ends it
ENDS_EXPORT: Final = ("visits.exported", "consents.exported", "archive.hand-over")


def group_of(act: str) -> Group:
    """Returns the group of an act; what is not known is a change."""
    return _GROUP_OF.get(act, "change")


def chain_of(act: str) -> Chain:
    """Returns the chain that an act is entered in: each is destroyed from its oldest end only."""
    return "grants" if act.startswith(GRANTS) else "acts"
