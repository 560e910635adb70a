"""Contacts of a crisis, the episode they belong to, their amendments, and what the next responder is told."""

from continuity.crisis.models.amendment import ContactAmendment
from continuity.crisis.models.contact import LONGEST_SUMMARY, ClinicalNarrative, CrisisContact, SudSegment
from continuity.crisis.models.episode import Episode, Transfer, Triage
from continuity.crisis.models.standing import (
    FLAG_LIFETIME,
    LONGEST_FLAG_LIFETIME,
    DeescalationTip,
    ResponsePlan,
    SafetyFlag,
    Standing,
)

__all__ = [
    "FLAG_LIFETIME",
    "LONGEST_FLAG_LIFETIME",
    "LONGEST_SUMMARY",
    "ClinicalNarrative",
    "ContactAmendment",
    "CrisisContact",
    "DeescalationTip",
    "Episode",
    "ResponsePlan",
    "SafetyFlag",
    "Standing",
    "SudSegment",
    "Transfer",
    "Triage",
]
