"""Which passwords nobody may have: a list, and no rule about capitals, digits and signs (S-2)."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tests.agencies.staff import hire

pytestmark = pytest.mark.django_db


def codes(password: str, member: object) -> list[str]:
    try:
        validate_password(password, member)  # type: ignore[arg-type]
    except ValidationError as refused:
        return sorted(str(one.code) for one in refused.error_list)
    return []


def test_table_of_passwords():
    member = hire().reyes.member
    table = {
        "": ["password_monotonous", "password_too_short"],
        "heron42": ["password_too_short"],
        "password1": ["password_too_common", "password_too_common"],
        "sunshine2026!": ["password_too_common"],
        "abababababab": ["password_monotonous"],
        "Kestrel-Police-2026": ["password_too_near"],
        "k3str3lp0l1c3": ["password_too_near"],
        "Continuity99": ["password_too_near"],
        "reyesreyes": ["password_too_near"],
        "Reyes.Officer!": ["password_too_near"],
        "a" * 20 + "bcdef" * 22: ["password_too_long"],
        # Fine: long enough, nobody's, and no rule about capitals, digits or signs.
        "seven quiet herons": [],
        "alllowercase words": [],
        "84021973620158": [],
        "пять тихих цапель": [],
        "kestrels nest in belfries": [],
    }
    assert {password: codes(password, member) for password in table} == table
