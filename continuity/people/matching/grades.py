from enum import StrEnum


class Grade(StrEnum):
    """How sure a match is, as HL7's match-grade says it; officers are answered on CERTAIN only (P-5)."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    CERTAINLY_NOT = "certainly-not"
