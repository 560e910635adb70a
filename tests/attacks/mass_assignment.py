"""Fields that nobody was asked for, beside those that were: at every form and in every body that writes."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from continuity.agencies.models import Member, Membership
from tests import builders as b
from tests.api.routes import MATRIX, ROLES
from tests.api.test_permission_matrix import made_for
from tests.attacks.forms import Form, Office
from tests.attacks.ground import Browser, Written, watched
from tests.attacks.injection import fields_of, send
from tests.attacks.told import Told
from tests.cast import Cast

_ID = UUID("f9f9f9f9-f9f9-4f9a-8f9a-f9f9f9f9f901")
# Values that nothing else of the run holds: where one is written, it came from here.
EXTRAS: dict[str, Any] = {
    "id": str(_ID),
    "pk": str(UUID(int=_ID.int + 1)),
    "person_id": str(UUID(int=_ID.int + 2)),
    "custodian": str(UUID(int=_ID.int + 3)),
    "custodian_id": str(UUID(int=_ID.int + 4)),
    "agency_id": str(UUID(int=_ID.int + 5)),
    "member_id": str(UUID(int=_ID.int + 6)),
    "author": str(UUID(int=_ID.int + 7)),
    "recorded_by": str(UUID(int=_ID.int + 8)),
    "approved_by": str(UUID(int=_ID.int + 9)),
    "created_at": "1999-09-09T09:09:09Z",
    "updated_at": "1999-09-09T09:09:10Z",
    "activated_at": "1999-09-09T09:09:11Z",
    "record_status": "forged-status",
    "confidentiality": "forged-confidentiality",
    "is_part2": "forged-part2",
    "is_superuser": "forged-superuser",
    "is_staff": "forged-staff",
    "locked_at": "1999-09-09T09:09:12Z",
    "banner_version": "917731",
    "may_break_glass": "forged-glass",
    "matched_as": "forged-match",
    "user_permissions": "917732",
    "groups": "917733",
    "__proto__": "forged-prototype",
    "_state": "forged-state",
    "__class__": "forged-class",
}
# Names of real fields: a value that would be lawful, and must not be taken where nobody asked for it.
GRANTS: dict[str, Any] = {
    "roles": ["agency_admin", "privacy_officer"],
    "is_superuser": True,
    "is_staff": True,
    "is_part2": False,
    "status": "active",
    "version": 917731,
    "agency": str(UUID(int=_ID.int + 10)),
    "may_break_glass": True,
    "may_release_emergency": True,
}


def attack_bodies(cast: Cast, members: dict[str, Membership]) -> Told:
    """Every address of the API that writes, in the state in which it may: nothing of that is stored."""
    told = Told("fields beside those that the API asks for")
    browsers = {role: Browser(member) for role, member in members.items()}
    for row in (one for one in MATRIX if one[0] in ("post", "put", "patch")):
        method, path, may = row[:3]
        role = next(one for one in ROLES if one in may)
        with b.undone():
            record = made_for(path, cast, *members.values())
            asked, rights = fields_of(method, path), _rights()
            more = {name: one for name, one in (EXTRAS | GRANTS).items() if name not in asked}
            with watched() as written:
                answer = send(browsers[role].again(), cast, row, record, members[role], more)
                wrong = "changed somebody's rights" if _rights() != rights else ""
            if found := _stored(written):
                wrong = f"stored {found}"
            came = f"{answer.status_code}, passed over"
            if answer.status_code == HTTPStatus.BAD_REQUEST:
                came = "400, all named"
                if not more.keys() <= (named := _named(answer)):
                    wrong = f"did not name {sorted(more.keys() - named)}"
            told.note(f"{method} {path.split('/')[3]}", came, got_through=wrong and f"{path} {wrong}")
    return told


def _named(answer: Any) -> set[str]:
    """The fields that the answer says are none."""
    try:
        errors = json.loads(answer.content).get("errors", [])
    except ValueError:
        return set()
    return {one["pointer"].rpartition("/")[2] for one in errors if one["code"] == "unknown_field"}


def attack_forms(office: Office, forms: Iterable[Form]) -> Told:
    """Every form of every page, as it came and with everything beside it: nothing of that is stored."""
    told = Told("fields beside those that pages ask for")
    rights = _rights()
    for form in forms:
        browser = office.browsers[form.by].again()
        unasked = {
            name: one
            for name, one in (EXTRAS | GRANTS).items()
            if name not in form.sent and name != "version"
        }
        typed = {name: "Plain words." for name in form.typed if not form.sent.get(name)}
        with watched() as written:
            answer = browser.post(form.action, unasked | form.filled(typed))
            wrong = f"answered {answer.status_code}" if answer.status_code >= 500 else ""
            if found := _stored(written):
                wrong = f"stored {found}"
            if _rights() != rights and "roles" in unasked and "change" not in form.action:
                wrong = "changed somebody's rights"
        came = f"{answer.status_code}, {'wrote' if written else 'wrote nothing'}"
        told.note(
            f"forms below /{form.action.split('/')[1]}", came, got_through=wrong and f"{form.action} {wrong}"
        )
    return told


def _stored(written: Written) -> list[str]:
    """The extras that were among the values of a statement."""
    told = " ".join(str(values) for _, values in written.statements)
    marks = EXTRAS | {
        "agency": GRANTS["agency"],
        "version": "917731",
    }
    return [
        name
        for name, value in marks.items()
        if value in told or value.replace("T", " ").removesuffix("Z") in told
    ]


def _rights() -> list[tuple[Any, ...]]:
    """Who is who, and may what."""
    members = Member.objects.order_by("pk").values_list(
        "pk", "is_superuser", "is_staff", "status", "locked_at"
    )
    works = Membership.objects.order_by("pk").values_list("pk", "agency", "member", "roles", "may_break_glass", "may_release_emergency")  # fmt: skip
    return [tuple(map(str, row)) for row in (*members, *works)]
