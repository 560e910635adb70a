"""Every address of the office that is not Django's own, by the duty that opens it; one is enough where two stand."""

from django.urls import URLPattern, path

from continuity.agencies.roles import Duty
from continuity.backoffice import (
    account_pages,
    accounting_pages,
    accounting_person,
    client_pages,
    consent_pages,
    drafting,
    duplicate_pages,
    duplicate_reports,
    emergency_pages,
    merge_custody,
    merge_pages,
    oversight,
    pack_pages,
    people_pages,
    provider_pages,
    report,
    restriction_pages,
)
from continuity.backoffice.site import DESK, DeskView, PrivacyOffice

_Row = tuple[str, DeskView, str]
_CONSENT, _PERSON, _ACCOUNT = (
    "consents/<uuid:consent_id>/",
    "people/<uuid:person_id>/",
    "accounts/<uuid:membership_id>/",
)
_PROGRAM, _PROVIDER = "programs/<uuid:client_id>/", "single-sign-on/<uuid:provider_id>/"
_ACCOUNTING, _EMERGENCY = "accountings/<uuid:request_id>/", "emergencies/<uuid:emergency_id>/"
_PAIR, _REVIEW, _MERGE = (
    "duplicates/<uuid:pair_id>/",
    "merge-reviews/<uuid:merge_id>/",
    "merges/<uuid:merge_id>/",
)

_DESK: tuple[_Row, ...] = (
    ("consents/", consent_pages.consents, "consents"),
    (_CONSENT, consent_pages.consent, "consent"),
    (f"{_CONSENT}form/", consent_pages.form, "consent_form"),
    (f"{_CONSENT}form.pdf", consent_pages.form_as_pdf, "consent_pdf"),
    (f"{_CONSENT}redraft/", drafting.redraft, "redraft"),
    (f"{_CONSENT}sign/", drafting.sign, "sign"),
    (f"{_CONSENT}documents/", consent_pages.attach, "attach"),
    (f"{_CONSENT}documents/<uuid:document_id>/", consent_pages.document, "document"),
    (f"{_CONSENT}<slug:verb>/", consent_pages.act, "act"),
    ("people/", people_pages.find, "find_person"),
    ("offers/", people_pages.offers_due, "offers_due"),
    (_PERSON, people_pages.person, "person"),
    (f"{_PERSON}draft/", drafting.draft, "draft"),
    (f"{_PERSON}offers/", people_pages.offer, "offer"),
    (f"{_PERSON}preview/", people_pages.what_would_they_see, "preview"),
    ("packs/<uuid:pack_id>/sign-off/", pack_pages.sign_off, "sign_off"),
)
_ADMINISTER_AGENCY: tuple[_Row, ...] = (
    ("accounts/", account_pages.list_accounts, "accounts"),
    ("accounts/enrol/", account_pages.enrol, "enrol"),
    ("accounts/take-on/", account_pages.take_on, "take_on"),
    ("accounts/review/", account_pages.reviews, "account_reviews"),
    (_ACCOUNT, account_pages.account, "account_of"),
    (f"{_ACCOUNT}review/", account_pages.review, "review_account"),
    (f"{_ACCOUNT}sessions/<int:session_id>/end/", account_pages.end_session, "end_session_of"),
    (f"{_ACCOUNT}<slug:verb>/", account_pages.act, "act_on_account"),
    ("programs/", client_pages.clients, "clients"),
    ("programs/register/", client_pages.register, "register_client"),
    (_PROGRAM, client_pages.client, "client"),
    (f"{_PROGRAM}<slug:verb>/", client_pages.act, "act_on_client"),
    ("single-sign-on/", provider_pages.sign_ins, "providers"),
    ("single-sign-on/new/", provider_pages.register, "register_provider"),
    (_PROVIDER, provider_pages.change, "provider"),
    (f"{_PROVIDER}<slug:verb>/", provider_pages.act, "act_on_provider"),
)
_ACCOUNT_FOR: tuple[_Row, ...] = (
    ("accountings/", accounting_pages.accountings, "accountings"),
    ("accountings/suspensions/", accounting_person.suspensions, "suspensions"),
    ("accountings/suspensions/<uuid:suspension_id>/lift/", accounting_person.lift, "lift_accounting"),
    (_ACCOUNTING, accounting_pages.accounting, "accounting"),
    (f"{_ACCOUNTING}copy/", accounting_pages.copy, "accounting_copy"),
    (f"{_ACCOUNTING}copy.json", accounting_pages.copy_as_json, "accounting_json"),
    (f"{_ACCOUNTING}copy.pdf", accounting_pages.copy_as_pdf, "accounting_pdf"),
    (f"{_ACCOUNTING}<slug:verb>/", accounting_pages.act, "account"),
    (f"{_PERSON}accountings/", accounting_person.accountings_of, "accountings_of"),
    (f"{_PERSON}accountings/<slug:verb>/", accounting_person.write_down, "account_for"),
)
_RESTRICT: tuple[_Row, ...] = (
    (f"{_PERSON}restrictions/", restriction_pages.restrictions, "restrictions"),
    (f"{_PERSON}restrictions/<slug:verb>/", restriction_pages.restrict, "restrict"),
    (f"{_PERSON}restrictions/<slug:verb>/<uuid:row_id>/", restriction_pages.restrict, "restrict_one"),
)
_MATCH_PEOPLE: tuple[_Row, ...] = (
    ("duplicates/", duplicate_pages.duplicates, "duplicates"),
    (_PAIR, duplicate_pages.duplicate, "duplicate"),
    (f"{_PAIR}verdict/", duplicate_pages.decide, "decide_duplicate"),
    (f"{_PAIR}merge/", duplicate_pages.ask, "ask_for_merge"),
    ("identity-reports/", duplicate_reports.reports, "identity_reports"),
    ("identity-reports/<uuid:report_id>/", duplicate_reports.report, "identity_report"),
    ("merges/", merge_pages.merges, "merges"),
    (_MERGE, merge_pages.merge, "merge"),
    (f"{_MERGE}<slug:verb>/", merge_pages.act, "act_on_merge"),
    (f"{_REVIEW}apart/", merge_custody.ask_apart, "ask_to_take_apart"),
    ("rows-to-sort/", merge_custody.rows, "rows_to_sort"),
    ("rows-to-sort/<uuid:choice_id>/", merge_custody.sort, "sort_row"),
)
_MANAGE_CONSENT: tuple[_Row, ...] = (
    ("merge-reviews/", merge_custody.reviews, "merge_reviews"),
    (_REVIEW, merge_custody.review, "merge_review"),
    (f"{_REVIEW}whole/", merge_custody.apply_to_whole, "review_merge"),
)
_REVIEW_EMERGENCY: tuple[_Row, ...] = (
    ("emergencies/", emergency_pages.queue, "emergencies"),
    ("emergencies/to-tell/", emergency_pages.still_to_tell, "emergencies_to_tell"),
    (_EMERGENCY, emergency_pages.case, "emergency_case"),
    (f"{_EMERGENCY}clear/", emergency_pages.clear, "clear_emergency"),
    (f"{_EMERGENCY}told/", emergency_pages.told, "person_told"),
)
_BY_DUTY: tuple[tuple[tuple[Duty, ...], tuple[_Row, ...]], ...] = (
    (DESK, _DESK),
    ((Duty.ADMINISTER_AGENCY,), _ADMINISTER_AGENCY),
    ((Duty.ACCOUNT_FOR,), _ACCOUNT_FOR),
    ((Duty.RESTRICT,), _RESTRICT),
    ((Duty.MATCH_PEOPLE,), _MATCH_PEOPLE),
    ((Duty.MANAGE_CONSENT,), _MANAGE_CONSENT),
    ((Duty.REVIEW_EMERGENCY,), _REVIEW_EMERGENCY),
    ((Duty.REVIEW_USE, Duty.READ_LEDGER), (("use/", oversight.use, "use"),)),
    ((Duty.REVIEW_USE,), (("use/<uuid:finding_id>/review/", oversight.review, "review_use"),)),
    ((Duty.READ_LEDGER,), (("ledger/", oversight.ledger, "ledger"),)),
)


def addresses(office: PrivacyOffice) -> list[URLPattern]:
    """Each page behind its duty; who may do what is open to whoever may come in."""
    return [path("permissions/", office.admin_view(report.permissions), name="permissions")] + [
        path(route, office.desk_view(view, *duties), name=name)
        for duties, rows in _BY_DUTY
        for route, view, name in rows
    ]
