"""Who may see what: role x category -> bases, as one table (domain 6.3). Pure data; a missing cell is "never".

A cell lists the bases that open it. `s` before a basis means status only, `z` a summary of the consent's scope,
`m` metadata, `n` counts, `g` as the agreement says; a bare basis means the full form.
Conditions beyond role, category and basis are in `policy.condition_holds`.
"""

from enum import StrEnum

from continuity.agencies.roles import Role


class Basis(StrEnum):
    """Why a record may leave (domain 6.2)."""

    OWN = "O"
    TREATMENT = "T"
    AGREEMENT = "A"
    CONSENT = "C"
    TPO_CONSENT = "CT"
    EMERGENCY_OVERRIDE = "EM"
    EMERGENCY_RELEASE = "ER"
    PRIVACY_RELEASE = "PR"
    OVERSIGHT = "OV"
    DEIDENTIFIED = "DI"


class Form(StrEnum):
    """How much of a record leaves."""

    FULL = "full"
    STATUS = "status"
    SCOPE_SUMMARY = "scope_summary"
    METADATA = "metadata"
    COUNTS = "counts"
    AS_AGREED = "as_agreed"


_FORMS = {
    "s": Form.STATUS,
    "z": Form.SCOPE_SUMMARY,
    "m": Form.METADATA,
    "n": Form.COUNTS,
    "g": Form.AS_AGREED,
}
_COLUMNS = ("D0", "D1", "D2", "D3", "D4", "D5", "D6", "D7")
_CLINICIAN = ("O T C EM A", "O T C EM A", "O T C EM A", "O T C EM")
# fmt: off
_TABLE: dict[Role, tuple[str, ...]] = {
    #                          D0 existence    D1 safety, tips D2 operational  D3 narrative    D4 SUD / Part 2  D5 team link   D6 linkages    D7 consent
    Role.OFFICER:             ("O C ER",       "O C ER",       "O C ER",       "",             "",              "sC",          "sC",          "zC"),
    Role.DISPATCHER:          ("O C ER",       "O C ER",       "O sC",         "",             "",              "sC",          "sC",          ""),
    Role.EMBEDDED_CLINICIAN:  (*_CLINICIAN,                                                    "O C CT EM",     "O T C EM",    "O T C EM",    "O zT zC"),
    Role.MOBILE_CLINICIAN:    (*_CLINICIAN,                                                    "O C CT EM",     "O T C EM",    "O T C EM",    "O zT zC"),
    Role.TREATMENT_CLINICIAN: ("O T C EM A CT", *_CLINICIAN[1:],                               "O C CT EM",     "O T C CT",    "O T C CT",    "O"),
    Role.PEER_NAVIGATOR:      ("T",            "O T",          "sT",           "",             "",              "T",           "T",           ""),
    Role.CONSENT_MANAGER:     ("O",            "",             "",             "",             "",              "",            "",            "O"),
    Role.PRIVACY_OFFICER:     ("O PR",         "O PR",         "O PR",         "O PR",         "O PR",          "O PR",        "O PR",        "O PR"),
    Role.SUPERVISOR:          ("O",            "O",            "O",            "O",            "O",             "O",           "O",           "zO"),
    Role.AUDITOR:             ("mOV",          "mOV",          "mOV",          "",             "mOV",           "mOV",         "mOV",         "mOV"),
    Role.PROGRAM_ANALYST:     ("nDI",          "nDI",          "nDI",          "",             "nDI",           "",            "nDI",         "nDI"),
    Role.SYSTEM_CLIENT:       ("gC gT gA",     "gC gT gA",     "gC gT gA",     "gT",           "gC gCT",        "gC gT gA",    "gC gT gA",    "mC mT"),
}
# fmt: on


def _cell(text: str) -> tuple[Basis, Form]:
    form = _FORMS.get(text[0])
    return (Basis(text[1:]), form) if form else (Basis(text), Form.FULL)


MATRIX: dict[tuple[Role, str, Basis], Form] = {
    (role, category, basis): form
    for role, cells in _TABLE.items()
    for category, cell in zip(_COLUMNS, cells, strict=True)
    for basis, form in map(_cell, cell.split())
}
