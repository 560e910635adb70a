"""Every route x every role -> status, as data. `OWN` bodies are lawful for the allowed role; the stranger is Dr Novak."""

ROLES = (
    "officer", "dispatcher", "embedded_clinician", "mobile_clinician", "treatment_clinician", "peer_navigator",
    "consent_manager", "privacy_officer", "supervisor", "auditor", "program_analyst", "agency_admin", "system_client",
)  # fmt: skip
CLINICIANS = {"embedded_clinician", "mobile_clinician", "treatment_clinician"}
CONSENT_STAFF = {"consent_manager", "privacy_officer"}

# (method, path, roles that may, their status, everybody else's status, the stranger's, without a duty agency)
MATRIX = [
    ("get", "/api/v1/meta/enums/", set(ROLES), 200, None, 200, 200),
    ("get", "/api/v1/duty/", set(ROLES), 200, None, 200, 200),
    ("get", "/api/v1/schema/", set(ROLES), 200, None, 200, 200),
    ("get", "/api/v1/docs/", set(ROLES), 200, None, 200, 200),
    ("post", "/api/v1/duty/", set(ROLES), 204, None, 403, 403),
    # A look-up answers everybody alike; whom it tells anything is the gate's, in tests/access and tests/lookup.
    ("post", "/api/v1/lookups/", set(ROLES), 200, None, 200, 403),
    ("post", "/api/v1/linkages/", CLINICIANS, 201, 403, 404, 403),
    ("post", "/api/v1/consents/{consent}/revoke/", CONSENT_STAFF, 204, 403, 403, 403),
]
