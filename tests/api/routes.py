"""Every route x every role -> status, as data. `OWN` bodies are lawful for the allowed role; the stranger is Dr Novak."""

from tests.api.routes_of_the_day import DAY

ROLES = (
    "officer", "dispatcher", "embedded_clinician", "mobile_clinician", "treatment_clinician", "peer_navigator",
    "consent_manager", "privacy_officer", "supervisor", "auditor", "program_analyst", "agency_admin", "system_client",
)  # fmt: skip
CLINICIANS = {"embedded_clinician", "mobile_clinician", "treatment_clinician"}
CONSENT_STAFF = {"consent_manager", "privacy_officer"}

# Who may read the own agency's consents at all (D7, matrix); to everybody else they are absent, not forbidden.
READERS = CONSENT_STAFF | CLINICIANS
PRIVACY = {"privacy_officer"}
# Who is answered no question about a person, and so has nothing to report.
DESKS = {"auditor", "program_analyst", "agency_admin"}


def _of_the_day(
    method: str, path: str, may: set[str], status: int, read_only: set[str] = frozenset(), stranger: int = 404
) -> tuple:
    return (method, f"/api/v1/{path}", may, status, None, stranger, 403, read_only)


# (method, path, roles that may, their status, everybody else's status, the stranger's, without a duty agency)
MATRIX = [
    ("get", "/api/v1/meta/enums/", set(ROLES), 200, None, 200, 200),
    ("get", "/api/v1/duty/", set(ROLES), 200, None, 200, 200),
    ("get", "/api/v1/schema/", set(ROLES), 200, None, 200, 200),
    ("get", "/api/v1/docs/", set(ROLES), 200, None, 200, 200),
    ("post", "/api/v1/duty/", set(ROLES), 204, None, 403, 403),
    # A look-up answers everybody alike; whom it tells anything is the gate's, in tests/access and tests/lookup.
    ("post", "/api/v1/lookups/", set(ROLES), 200, None, 200, 403),
    # Officers are shown no candidates (P-4); who treats elsewhere finds nobody of the county's.
    ("post", "/api/v1/people/match/", CLINICIANS | {"dispatcher"}, 200, 403, 200, 403),
    ("post", "/api/v1/answers/{answer}/not-this-person/", set(ROLES) - DESKS, 201, 403, 404, 403),
    # A list is never refused: it is empty (tests/api/test_consent_reads.py).
    ("get", "/api/v1/consents/", set(ROLES), 200, None, 200, 403),
    ("post", "/api/v1/consents/", READERS, 201, 404, 404, 403),
    ("get", "/api/v1/consents/{consent}/", READERS, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{consent_draft}/redraft/", READERS, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{consent_draft}/propose/", READERS, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{proposed}/return/", READERS, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{proposed}/sign/", READERS, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{proposed}/approve/", CLINICIANS, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{signed}/activate/", CONSENT_STAFF, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{proposed}/reject/", READERS, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{consent}/suspend/", READERS, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{suspended}/lift/", CONSENT_STAFF, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{consent}/revoke/", CONSENT_STAFF, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{consent}/revoke-recipient/", CONSENT_STAFF, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{eventful}/event/", CONSENT_STAFF, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{consent}/invalidate/", CONSENT_STAFF, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{consent}/mark-error/", PRIVACY, 200, 404, 404, 403),
    ("post", "/api/v1/consents/{consent}/documents/", READERS, 201, 404, 404, 403),
    ("get", "/api/v1/consents/{consent}/documents/{document}/", READERS, 200, 404, 404, 403),
    ("post", "/api/v1/consent-offers/", READERS, 201, 404, 404, 403),
    ("get", "/api/v1/people/{person}/consent-status/", READERS, 200, 404, 404, 403),
    *(_of_the_day(*row) for row in DAY),
]


_WITH_READERS = 8  # a row of the working day names those who read the record and have no such duty


def resource_of(row: tuple) -> str:
    """The first step of the address."""
    return row[1].split("/")[3]


def otherwise(row: tuple, role: str) -> int | None:
    """The status of a role that may not: 404 where it may not even know, 403 where it reads but has no duty."""
    if len(row) == _WITH_READERS:
        return 403 if role in row[-1] else 404
    return 403 if "/consents/" in row[1] and role in READERS else row[4]
