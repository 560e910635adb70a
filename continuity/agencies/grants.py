"""Who may work on an object: django-guardian grants to teams, and to members named one by one. Its only caller.

Grants say "may I work on this?" within one's own work; whether a record may leave to a member is the gate's
question. guardian says yes to superusers; these functions never do.
"""

from typing import Any, TypeVar, cast

from django.contrib.auth.models import Permission
from django.db.models import Model, QuerySet
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from continuity.agencies.models import Agency, Member, Membership, Team
from continuity.errors import NotFound

M = TypeVar("M", bound=Model)


def give(team: Team, action: str, obj: Model) -> None:
    """Let the members of `team` do `action` on `obj`; giving twice is giving once."""
    _grants_on(obj).get_or_create(
        group_id=team.group_id, permission=_permission(action, obj), content_object=obj
    )


def take(action: str, obj: Model) -> None:
    """End every grant of `action` on `obj`: its work is done."""
    _grants_on(obj).filter(permission=_permission(action, obj), content_object=obj).delete()


def require(by: Membership, action: str, obj: Model) -> None:
    """Refuse work on an object without a grant to a team of the duty agency. Raises NotFound `not_found` (P-3)."""
    granted = _grants_on(obj).filter(
        permission=_permission(action, obj),
        content_object=obj,
        group__user=by.member_id,
        group__team__agency=by.agency_id,
    )
    if not granted.exists():
        raise NotFound("not_found", "There is no such record.")


def workable(by: Membership, action: str, queryset: QuerySet[M]) -> QuerySet[M]:
    """Those rows of `queryset` on which `by` may do `action`: the list form of `require`."""
    model = queryset.model
    granted = _grants_on(model).filter(
        permission__codename=f"{action}_{model._meta.model_name}",
        group__user=by.member_id,
        group__team__agency=by.agency_id,
    )
    return queryset.filter(pk__in=granted.values("content_object"))


def name_member(member: Member, action: str, obj: Model, *, named_by: Agency) -> bool:
    """Let this one member do `action` on `obj` in the name of an agency; False when that is so already."""
    _, is_new = _names_on(obj).get_or_create(
        user=member, permission=_permission(action, obj), content_object=obj, named_by=named_by
    )
    return bool(is_new)


def unname_member(member: Member, action: str, obj: Model, *, named_by: Agency) -> bool:
    """Take back what an agency gave one member; False when there was nothing. Another agency's naming stays."""
    named = _names_on(obj).filter(user=member, permission=_permission(action, obj), named_by=named_by)
    taken, _ = named.filter(content_object=obj).delete()
    return bool(taken)


def named_members(action: str, obj: Model, *, named_by: Agency) -> QuerySet[Member]:
    """The members to whom this agency gave `action` on `obj`, one by one."""
    named = _names_on(obj).filter(permission=_permission(action, obj), named_by=named_by, content_object=obj)
    return Member.objects.filter(pk__in=named.values("user"))


def _names_on(obj: Model) -> Any:
    """The manager of what single members were given on this kind of object, typed by guardian only as a model."""
    return cast("Any", get_user_obj_perms_model(obj)).objects


def _grants_on(target: Model | type[Model]) -> Any:
    """The manager of the grants on this kind of object, typed by guardian only as a model."""
    return cast("Any", get_group_obj_perms_model(cast("Model", target))).objects


def _permission(action: str, obj: Model) -> Permission:
    return Permission.objects.get_by_natural_key(
        f"{action}_{obj._meta.model_name}", obj._meta.app_label, str(obj._meta.model_name)
    )
