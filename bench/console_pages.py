"""The pages of the console that are measured, by endpoint.

A page without a row fails tests/house: whoever adds one adds its address here. What stands in
braces is the key of a thing that `console_things` makes. Several addresses of an endpoint are
states that cost something of their own.
"""

from __future__ import annotations

from typing import Final

PAGES: Final[dict[str, tuple[str, ...]]] = {
    "admin.overview": ("/admin/",),
    "admin.show_statistics": (
        "/admin/statistics",
        "/admin/statistics?since={year_ago}",
    ),
    "admin.list_sites": ("/admin/sites",),
    "admin.new_site": ("/admin/sites/new",),
    "admin.show_site": ("/admin/sites/{site}",),
    "admin.edit_site": ("/admin/sites/{site}/change",),
    "admin.show_notice": ("/admin/sites/{site}/notice",),
    "admin.edit_draft": ("/admin/sites/{site}/notice/draft",),
    "admin.show_studio": ("/admin/sites/{site}/banner",),
    "admin.show_preview": ("/admin/sites/{site}/banner/preview",),
    "admin.list_consent_records": (
        "/admin/consents",
        "/admin/consents?before={middle}",
        "/admin/consents?site={site}&action=withdraw",
        "/admin/consents?site={site}&action=withdraw&before={middle}",
        "/admin/consents?since={month_ago}&until={month_ago}",
        "/admin/consents?action=gpc",
    ),
    "admin.show_consent_record": ("/admin/consents/{consent}",),
    "admin.list_visit_records": ("/admin/visits", "/admin/visits?device_class=tablet"),
    "admin.list_archive_requests": ("/admin/archive",),
    "admin.archive_form": ("/admin/archive/new",),
    "admin.show_archive_request": ("/admin/archive/{archive_request}",),
    "admin.list_disclosures": ("/admin/disclosures",),
    "admin.list_certificates": ("/admin/certificates",),
    "admin.show_certificate": ("/admin/certificates/1",),
    "admin.list_holds": ("/admin/holds",),
    "admin.new_hold": ("/admin/holds/new",),
    "admin.show_hold": ("/admin/holds/{hold}",),
    "admin.show_retention": ("/admin/retention",),
    "admin.export_form": ("/admin/exports",),
    "admin.list_prepared_exports": ("/admin/exports/prepared",),
    "admin.show_prepared_export": ("/admin/exports/prepared/{prepared}",),
    "admin.list_schedules": ("/admin/exports/schedules",),
    "admin.ask_about_schedule": ("/admin/exports/schedules/1",),
    "admin.list_copies": ("/admin/exports/copies",),
    "admin.ask_about_copy": ("/admin/exports/copies/{copy}",),
    "admin.access_log": ("/admin/access-log",),
    "admin.list_reviews": ("/admin/access-log/reviews",),
    "admin.show_review": ("/admin/access-log/reviews/{last_month}",),
    "admin.list_tokens": ("/admin/operators/tokens",),
    "admin.show_token": ("/admin/operators/tokens/1",),
    "admin.list_operators": ("/admin/operators",),
    "admin.show_operator": ("/admin/operators/1",),
    "admin.own_account": ("/admin/account",),
    "admin.new_passkey": ("/admin/account/passkeys/new",),
    "security.change_password": ("/admin/password",),
    "security.mf_recovery_codes": ("/admin/recovery-codes",),
    "security.two_factor_setup": ("/admin/second-factor",),
    "security.verify": ("/admin/confirm",),
    "security.login": ("/admin/sign-in",),
}
SEEN_BY_STRANGERS: Final = {"security.login"}
