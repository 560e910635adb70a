"""The ledger and its seals, accountings, reviews of use, and merges of people."""

from continuity.disclosures.models.ledger import (
    AccountingRequest,
    AccountingSuspension,
    LedgerEntry,
    LedgerSeal,
    UseFinding,
)
from continuity.disclosures.models.merges import (
    IdentityReport,
    Merge,
    MergeReview,
    UnmergeChoice,
)

__all__ = [
    "AccountingRequest",
    "AccountingSuspension",
    "IdentityReport",
    "LedgerEntry",
    "LedgerSeal",
    "Merge",
    "MergeReview",
    "UnmergeChoice",
    "UseFinding",
]
