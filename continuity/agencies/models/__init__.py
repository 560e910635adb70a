"""Organisations, their members, and the doors that they come in by."""

from continuity.agencies.models.doors import IdentityProvider, MachineClient, StationClass
from continuity.agencies.models.members import (
    PURPOSE_CHOICES,
    ROLE_CHOICES,
    AccountReview,
    FormerPassword,
    Invitation,
    Member,
    MemberManager,
    Membership,
)
from continuity.agencies.models.organisation import (
    Agency,
    Agreement,
    Category,
    PolicyPack,
    Team,
    validate_timezone,
)

__all__ = [
    "PURPOSE_CHOICES",
    "ROLE_CHOICES",
    "AccountReview",
    "Agency",
    "Agreement",
    "Category",
    "FormerPassword",
    "IdentityProvider",
    "Invitation",
    "MachineClient",
    "Member",
    "MemberManager",
    "Membership",
    "PolicyPack",
    "StationClass",
    "Team",
    "validate_timezone",
]
