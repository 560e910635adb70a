"""What administrators say of their identity provider, and what a sign-in makes of its claims (S-1, S-9, S-10, S-11)."""

from dataclasses import replace
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount

from continuity.agencies import providers as p
from continuity.agencies.models import Agency, IdentityProvider, Invitation, Member, Membership
from continuity.agencies.recognition import Claims, read_claims, recognise
from continuity.errors import Conflict, Incomplete, Invalid, NotAllowed, NotFound, Stale
from continuity.trail.models import AuditEntry, Event
from tests import builders as b

pytestmark = pytest.mark.django_db
DETAILS = p.Details(
    name="Kestrel Police",
    issuer="https://login.kestrel.example/realms/police",
    client_id="continuity",
    domains=["kestrel.example"],
    role_map={"patrol": ["officer"], "desk": ["supervisor"], "it": ["agency_admin"]},
    strong_methods=["mfa"],
)
REYES = Claims(
    subject="s-1", email="reyes@kestrel.example", methods=frozenset({"mfa"}), groups=frozenset({"patrol"})
)


@pytest.fixture
def police() -> Agency:
    return b.agency("kestrel-police", "police")


@pytest.fixture
def boss(police: Agency) -> Membership:
    return b.member("boss", police, "agency_admin")


@pytest.fixture
def provider(boss: Membership) -> IdentityProvider:
    return p.register_provider(by=boss, details=DETAILS, client_secret="whispered")


@pytest.fixture
def reyes(police: Agency) -> Membership:
    return enrolled(police, "reyes", "officer")


def enrolled(agency: Agency, name: str, *roles: str, **fields: Any) -> Membership:
    works = b.member(name, agency, *roles)
    Member.objects.filter(pk=works.member_id).update(**{"work_email": f"{name}@kestrel.example"} | fields)
    works.member.refresh_from_db()
    return works


def comes_in(provider: IdentityProvider, claims: Claims = REYES) -> Membership:
    return recognise(provider_id=provider.pk, claims=claims, at=b.NOW).membership


def refused(provider: IdentityProvider, claims: Claims = REYES) -> str:
    """Why, as the trail has it."""
    with pytest.raises(NotAllowed, match=r"^provider_refused$"):
        recognise(provider_id=provider.pk, claims=claims, at=b.NOW)
    about = Event.objects.filter(kind="provider_refused").latest("pk").about
    assert about.startswith(str(provider.pk))
    return about.split()[1]


# -- what administrators enter ------------------------------------------------------------------------------


def test_secret_is_sealed_and_not_in_the_history(provider: IdentityProvider):
    assert bytes(IdentityProvider.objects.get().client_secret) == b"whispered"
    said = [str(entry.changes) for entry in AuditEntry.objects.filter(object_pk=str(provider.pk))]
    assert said
    assert "whispered" not in "".join(said)


WRONG = {
    "name": {"name": " "},
    "issuer": {"issuer": "http://login.kestrel.example"},
    "issuer ": {"issuer": "https://login.kestrel.example/.well-known/openid-configuration"},
    "issuer  ": {"issuer": "https://169.254.169.254/latest"},
    "issuer   ": {"issuer": "https://somebody@login.kestrel.example"},
    "issuer    ": {"issuer": "https://metadata"},
    "issuer     ": {"issuer": "https://login.microsoftonline.com/common/v2.0"},
    "issuer      ": {"issuer": "https://[::1"},
    "client_id": {"client_id": ""},
    "domains": {"domains": []},
    "domains ": {"domains": ["kestrel"]},
    "role_map": {"role_map": {"patrol": ["king"]}},
    "role_map ": {"role_map": {"patrol": ["officer", "consent_manager"]}},
    "role_map  ": {"role_map": {"patrol": ["system_client"]}},
    "role_map   ": {"role_map": {"patrol": []}},
    "role_map    ": {"role_map": {}, "may_create": True},
    "strong_methods": {"strong_methods": [], "may_create": True},
    "role_claim": {"role_claim": ""},
}


def test_what_is_wrong_is_said_at_its_field(boss: Membership):
    for field, change in WRONG.items():
        with pytest.raises(Incomplete) as wrong:
            p.register_provider(by=boss, details=replace(DETAILS, **change), client_secret="whispered")
        assert (field, [one.field for one in wrong.value.errors]) == (field, [field.strip()])
    with pytest.raises(Incomplete, match="no_secret"):
        p.register_provider(by=boss, details=DETAILS, client_secret=" ")
    assert not IdentityProvider.objects.exists()


def test_own_machine_is_an_issuer_for_a_demo_alone(boss: Membership, settings: Any):
    here = replace(DETAILS, issuer="http://127.0.0.1:8080/realms/police")
    settings.INSECURE_COOKIES = False
    with pytest.raises(Incomplete, match="wrong_issuer"):
        p.register_provider(by=boss, details=here, client_secret="whispered")
    settings.INSECURE_COOKIES = True
    assert p.register_provider(by=boss, details=here, client_secret="whispered").slug == "kestrel-police"


def test_a_second_provider_has_an_address_of_its_own(boss: Membership, provider: IdentityProvider):
    second = p.register_provider(by=boss, details=DETAILS, client_secret="whispered")
    assert (provider.slug, second.slug) == ("kestrel-police", "kestrel-police-2")


def test_another_agency_and_another_role_do_nothing(provider: IdentityProvider, reyes: Membership):
    stranger = b.member("stranger", b.agency("faraway-clinic", "clinic_treatment"), "agency_admin")
    asked = {"provider_id": provider.pk}
    for verb in (
        lambda by: p.change_provider(by=by, details=DETAILS, **asked),
        lambda by: p.close_provider(by=by, **asked),
        lambda by: p.reopen_provider(by=by, **asked),
        lambda by: p.unlink_member(by=by, username="reyes", **asked),
    ):
        with pytest.raises(NotFound):
            verb(stranger)
        with pytest.raises(NotAllowed, match="duty_missing"):
            verb(reyes)
    with pytest.raises(NotAllowed, match="duty_missing"):
        p.register_provider(by=reyes, details=DETAILS, client_secret="whispered")
    assert list(p.providers_of(stranger)) == []


def test_an_old_page_changes_nothing(boss: Membership, provider: IdentityProvider):
    p.close_provider(by=boss, provider_id=provider.pk, version=1)
    with pytest.raises(Stale):
        p.reopen_provider(by=boss, provider_id=provider.pk, version=1)
    with pytest.raises(Conflict):
        p.close_provider(by=boss, provider_id=provider.pk, version=2)


def test_an_empty_secret_keeps_the_old_one(boss: Membership, provider: IdentityProvider):
    changed = p.change_provider(by=boss, provider_id=provider.pk, details=replace(DETAILS, name="New"))
    assert (changed.name, bytes(changed.client_secret)) == ("New", b"whispered")


def test_another_issuer_ends_every_link(boss: Membership, provider: IdentityProvider, reyes: Membership):
    comes_in(provider)
    p.change_provider(by=boss, provider_id=provider.pk, details=replace(DETAILS, name="Same people"))
    assert SocialAccount.objects.count() == 1
    elsewhere = replace(DETAILS, issuer="https://login.elsewhere.example")
    p.change_provider(by=boss, provider_id=provider.pk, details=elsewhere)
    assert not SocialAccount.objects.exists()
    assert Event.objects.get(kind="provider_unlinked").member_id == reyes.member_id


# -- whom a sign-in finds -----------------------------------------------------------------------------------


def test_first_sign_in_links_by_the_work_address_and_the_next_by_the_subject(
    provider: IdentityProvider, reyes: Membership
):
    assert comes_in(provider, replace(REYES, email="Reyes@Kestrel.example".lower())) == reyes
    assert Event.objects.get(kind="provider_linked").member_id == reyes.member_id
    link = SocialAccount.objects.get()
    assert (link.provider, link.uid, link.extra_data) == ("kestrel-police", "s-1", {})
    assert comes_in(provider, replace(REYES, email="married@kestrel.example")) == reyes
    assert Event.objects.filter(kind="provider_linked").count() == 1


STRANGERS = {
    "domain": {"email": "reyes@elsewhere.example"},
    "domain ": {"email": "reyes@sub.kestrel.example"},
    "domain  ": {"email": ""},
    "domain   ": {"email": "kestrel.example"},
    "domain    ": {"email": "reyes@kestrel.example@elsewhere.example"},
    "address_not_verified": {"email_is_denied": True},
    "no_subject": {"subject": ""},
    "no_subject ": {"subject": "s" * 192},
    "too_many_groups": {"groups": None},
    "unknown": {"email": "nobody@kestrel.example"},
}


def test_who_is_not_known_is_refused_in_one_sentence_and_the_trail_says_why(
    provider: IdentityProvider, reyes: Membership
):
    for reason, change in STRANGERS.items():
        assert refused(provider, replace(REYES, **change)) == reason.strip()
    assert not SocialAccount.objects.exists()


def test_an_address_that_was_given_to_somebody_else_is_refused_until_it_is_unlinked(
    boss: Membership, provider: IdentityProvider, reyes: Membership
):
    comes_in(provider)
    assert refused(provider, replace(REYES, subject="s-2")) == "another_subject"
    with pytest.raises(Invalid, match="not_linked"):
        p.unlink_member(by=boss, provider_id=provider.pk, username="nobody")
    p.unlink_member(by=boss, provider_id=provider.pk, username="reyes")
    assert comes_in(provider, replace(REYES, subject="s-2")) == reyes


CLOSED = {
    "not_active": {"status": "suspended"},
    "not_active ": {"status": "deactivated"},
    "not_active  ": {"locked_at": b.NOW},
    "not_active   ": {"status": "invited", "locked_at": b.NOW},
    "not_by_provider": {"is_service": True},
    "not_by_provider ": {"is_superuser": True},
    "not_by_provider  ": {"is_superuser": True, "status": "invited"},
}


def test_a_closed_account_stays_closed(provider: IdentityProvider, reyes: Membership):
    comes_in(provider)
    for reason, change in CLOSED.items():
        with b.undone():
            Member.objects.filter(pk=reyes.member_id).update(**change)
            assert (reason, refused(provider)) == (reason, reason.strip())
            assert Member.objects.get(pk=reyes.member_id).status == change.get("status", "active")


def test_who_left_or_whose_agency_is_suspended_is_refused(provider: IdentityProvider, reyes: Membership):
    comes_in(provider)
    with b.undone():
        Membership.objects.filter(pk=reyes.pk).update(ended_at=b.NOW)
        assert refused(provider) == "left_the_agency"
    with b.undone():
        Agency.objects.filter(pk=reyes.agency_id).update(status="suspended")
        assert refused(provider) == "no_such_provider"
    IdentityProvider.objects.update(is_active=False)
    assert refused(provider) == "no_such_provider"


def test_two_with_one_address_and_people_of_another_agency_are_not_linked(
    provider: IdentityProvider, reyes: Membership
):
    other = enrolled(reyes.agency, "other", "officer", work_email="reyes@kestrel.example")
    assert refused(provider) == "address_of_two"
    Membership.objects.filter(pk__in=[reyes.pk, other.pk]).update(
        agency=b.agency("faraway-clinic", "clinic_treatment")
    )
    assert refused(provider) == "unknown"


def test_an_invited_member_begins_by_two_factors_elsewhere_and_by_nothing_less(
    provider: IdentityProvider, reyes: Membership
):
    Member.objects.filter(pk=reyes.member_id).update(status="invited")
    Invitation.objects.create(member=reyes.member, token_hmac="x", expires_at=b.NOW)
    assert refused(provider, replace(REYES, methods=frozenset({"pwd"}))) == "invitation_first"
    assert not SocialAccount.objects.exists()
    assert comes_in(provider).member.status == "active"
    assert Invitation.objects.get().withdrawn_at == b.NOW
    assert Event.objects.filter(kind="account_activated", member=reyes.member).count() == 1


def test_an_account_is_opened_only_where_the_agency_lets_it_and_with_a_role(provider: IdentityProvider):
    new = replace(REYES, subject="s-9", email="rookie@kestrel.example", name="Rookie Testcase")
    IdentityProvider.objects.update(may_create=True)
    assert refused(provider, replace(new, groups=frozenset({"canteen"}))) == "no_role"
    assert refused(provider, replace(new, methods=frozenset())) == "invitation_first"
    assert refused(provider, replace(new, email="ro okie@kestrel.example")) == "unusable_address"
    made = comes_in(provider, new)
    assert (made.roles, made.agency) == (["officer"], provider.agency)
    member = made.member
    assert (member.username, member.display_name, member.status) == (
        "rookie@kestrel.example",
        "Rookie Testcase",
        "active",
    )
    assert not member.has_usable_password()
    Membership.objects.filter(pk=made.pk).update(ended_at=b.NOW)
    SocialAccount.objects.all().delete()
    assert refused(provider, new) == "user_name_taken"


# -- roles --------------------------------------------------------------------------------------------------


def test_groups_give_and_take_mapped_roles_and_leave_the_others(
    provider: IdentityProvider, reyes: Membership
):
    Membership.objects.filter(pk=reyes.pk).update(roles=["officer", "peer_navigator"])
    comes_in(provider, replace(REYES, groups=frozenset({"desk", "canteen"})))
    assert Membership.objects.get(pk=reyes.pk).roles == ["peer_navigator", "supervisor"]
    assert Event.objects.get(kind="roles_changed").about == f"{reyes.pk} {provider.pk}"
    comes_in(provider, replace(REYES, groups=frozenset({"desk"})))
    assert Event.objects.filter(kind="roles_changed").count() == 1
    comes_in(provider, replace(REYES, groups=frozenset()))
    assert Membership.objects.get(pk=reyes.pk).roles == ["peer_navigator"]


def test_without_a_map_roles_stay_as_they_are(provider: IdentityProvider, reyes: Membership):
    IdentityProvider.objects.update(role_map={})
    comes_in(provider, replace(REYES, groups=None))
    assert Membership.objects.get(pk=reyes.pk).roles == ["officer"]


def test_groups_of_one_agency_change_nothing_in_another(provider: IdentityProvider, reyes: Membership):
    elsewhere = b.agency("kestrel-sheriff", "sheriff")
    second = Membership.objects.create(member=reyes.member, agency=elsewhere, roles=["officer"])
    comes_in(provider, replace(REYES, groups=frozenset({"desk"})))
    assert Membership.objects.get(pk=second.pk).roles == ["officer"]


def test_roles_that_exclude_each_other_are_refused_and_change_nothing(
    provider: IdentityProvider, reyes: Membership
):
    with pytest.raises(NotAllowed) as wrong:
        recognise(
            provider_id=provider.pk, claims=replace(REYES, groups=frozenset({"patrol", "it"})), at=b.NOW
        )
    assert "may not hold together" in wrong.value.detail
    assert Membership.objects.get(pk=reyes.pk).roles == ["officer"]
    assert not SocialAccount.objects.exists()


def test_last_administrator_stays_one(provider: IdentityProvider, boss: Membership):
    Member.objects.filter(pk=boss.member_id).update(work_email="boss@kestrel.example")
    her = replace(REYES, subject="s-3", email="boss@kestrel.example", groups=frozenset({"desk"}))
    comes_in(provider, her)
    assert Membership.objects.get(pk=boss.pk).roles == ["agency_admin"]
    assert Event.objects.get(kind="privilege_refused").about == f"{boss.pk} last_administrator"
    b.member("second", boss.agency, "agency_admin")
    comes_in(provider, her)
    assert Membership.objects.get(pk=boss.pk).roles == ["supervisor"]


# -- what providers say -------------------------------------------------------------------------------------

ENTRA = {
    "sub": "AAAA", "email": "Reyes@Kestrel.example", "name": "Reyes", "acrs": ["c1"], "auth_time": 1795354597,
    "groups": ["0f1e2d3c-0000-4000-8000-000000000001"],
}  # fmt: skip
OKTA = {"sub": "00u1", "amr": ["pwd", "mfa", "otp"], "auth_time": 1795354597}
KEYCLOAK = {
    "sub": "f:1", "email": "reyes@kestrel.example", "email_verified": True, "acr": "2", "auth_time": 1795354597,
    "realm_access": {"roles": ["patrol"]}, "groups": ["/patrol"],
}  # fmt: skip


def test_shapes_of_entra_okta_and_keycloak_are_read():
    entra = read_claims(ENTRA, {}, role_claim="groups")
    assert (entra.email, entra.contexts) == ("reyes@kestrel.example", {"c1"})
    assert entra.groups == {"0f1e2d3c-0000-4000-8000-000000000001"}
    okta = read_claims(OKTA, {"email": "reyes@kestrel.example", "groups": ["patrol"]}, role_claim="groups")
    assert (okta.email, okta.groups, okta.methods) == (
        "reyes@kestrel.example",
        {"patrol"},
        {"pwd", "mfa", "otp"},
    )
    keycloak = read_claims(KEYCLOAK, {}, role_claim="realm_access.roles")
    assert (keycloak.groups, keycloak.contexts, keycloak.proved_at) == ({"patrol"}, {"2"}, 1795354597)
    assert read_claims(KEYCLOAK, {}, role_claim="groups").groups == {"/patrol"}


def test_second_factor_is_the_signed_tokens_to_say():
    assert not read_claims(
        OKTA | {"amr": ["pwd"]}, {"amr": ["mfa"], "acr": "2"}, role_claim="groups"
    ).contexts
    assert read_claims({"sub": "1"}, {"amr": ["mfa"]}, role_claim="").methods == frozenset()


@pytest.mark.parametrize("said", [False, "false", "False", 0, "0"])
def test_an_address_that_either_source_denies_is_denied(said):
    assert read_claims({"sub": "1", "email_verified": said}, {}, role_claim="").email_is_denied
    assert read_claims({"sub": "1"}, {"xms_edov": said}, role_claim="").email_is_denied


def test_groups_that_entra_does_not_say_are_not_taken_for_none():
    said = {"sub": "1", "_claim_names": {"groups": "src1"}}
    assert read_claims(said, {}, role_claim="groups").groups is None
    assert read_claims({"sub": "1"}, {}, role_claim="groups").groups == frozenset()


@pytest.mark.parametrize("junk", [None, 7, True, ["x"], {"a": {"b": 1}}, "x\x00y", [{"a": 1}]])
def test_junk_in_claims_is_nothing(junk):
    names = ("sub", "email", "name", "amr", "acr", "acrs", "groups", "auth_time")
    claims = read_claims(dict.fromkeys(names, junk), dict.fromkeys(names, junk), role_claim="groups.a.b")
    assert claims.subject == claims.email == claims.name == ""
    assert claims.proved_at in (None, 7)
