"""Verbs of the preference centre; records are made by the consents room and by nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from consent_server.consents.schemas import Submission
from consent_server.consents.services import ConsentRecorder
from consent_server.errors import NotFound, SubmissionConflict, TokenRefused
from consent_server.policies.directory import PolicyDirectory
from consent_server.sites.directory import SiteEntry
from consent_server.subjects.rules import LastDecision, decided
from consent_server.subjects.schemas import Choice
from consent_server.visits.erasure import Erased, RefusedUntil, VisitEraser

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Decided:
    """A choice that is on disk. are_visits_gone: None when it asked nothing of visit records."""

    token: str
    are_visits_gone: bool | None


@dataclass(frozen=True, slots=True)
class PreferenceCentre:
    """Everything the page needs from the other rooms, joined when the application starts."""

    policies: PolicyDirectory
    recorder: ConsentRecorder
    eraser: VisitEraser

    def is_ours(self, site: SiteEntry, token: str) -> bool:
        """Tells whether this service issued a visitor token for this site."""
        try:
            self.recorder.signatures.visitor_id(site.key, token)
        except TokenRefused:
            return False
        return True

    def last_decision(self, site: SiteEntry, token: str | None) -> LastDecision | None:
        """Returns what a visitor decided last; None for nobody. token: a verified one."""
        if token is None:
            return None
        try:
            record = self.recorder.current(site, token)
        except NotFound:
            return None
        return LastDecision.of(record, self.recorder.asked_again(site, record))

    def receipt(self, site: SiteEntry, token: str | None) -> dict[str, Any]:
        """Returns the sealed receipt of a visitor's last decision. Raises NotFound for nobody."""
        if token is None:
            raise NotFound("Nothing is recorded for this browser.")
        receipt: dict[str, Any] = self.recorder.answer(site, self.recorder.current(site, token))[
            "receipt"
        ]
        return receipt

    def erase_visits(self, site: SiteEntry, token: str | None) -> Erased | RefusedUntil:
        """Removes the visits of whoever holds a token, unless the site must keep them.

        Raises NotFound for nobody, Unavailable.
        """
        if token is None:
            raise NotFound("Nothing is recorded for this browser.")
        visitor_id = self.recorder.signatures.visitor_id(site.key, token)
        return self.eraser.erase(site, visitor_id)

    def decide(
        self,
        site: SiteEntry,
        choice: Choice,
        token: str | None,
        *,
        gpc: bool,
        environ: WSGIEnvironment,
    ) -> Decided:
        """Records a choice and waits until it is on disk; returns the visitor's token.

        The same form again makes no second record. Raises what ConsentRecorder.record raises, and
        SubmissionConflict when the form is an old one: another decision has been made since.
        """
        version = self.policies.published(
            site.id, choice.policy_version, choice.language, choice.text_sha256
        )
        answer = self.recorder.record(
            site,
            Submission(
                site=site.key,
                submission_id=choice.submission_id,
                visitor=token,
                policy_version=choice.policy_version,
                language=choice.language,
                text_sha256=choice.text_sha256,
                action=choice.action,
                decisions=decided(choice.action, version.purposes, choice.purposes),
                layer="page",
                gpc=gpc,
            ),
            environ,
        )
        own_token: str = answer["token"]
        visits = answer.get("visits")
        if str(self.recorder.current(site, own_token)["consent_id"]) != answer["consent_id"]:
            raise SubmissionConflict("Another decision was made since.", field="submission_id")
        return Decided(own_token, None if visits is None else bool(visits["erased"]))
