"""Kestrel County, made up: its agencies, their agreements, teams and accounts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from continuity.agencies.models import Agency, Agreement, Member, Membership, Team
from continuity.agencies.roles import Duty, Role
from continuity.agencies.services import create_team, sign_off_pack
from continuity.intake.policy_packs import load_packs
from continuity.trail.context import audit_context

_REGIME, _KIND = Agency.Regime, Agency.Kind


@dataclass(frozen=True)
class Post:
    """For which part of the county somebody works, in which role."""

    part: str
    role: Role
    is_clinical_supervisor: bool = False
    is_medical_personnel: bool = False
    may_break_glass: bool = False
    may_release_emergency: bool = False


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in; `to_try` is set for the one account that shows its role."""

    username: str
    display_name: str
    title: str
    posts: tuple[Post, ...]
    to_try: str = ""
    opens_admin: bool = False


@dataclass
class County:
    """The demo's agencies by part, and who works there, once they are written."""

    agencies: dict[str, Agency] = field(default_factory=dict)
    staff: dict[str, list[Membership]] = field(default_factory=dict)

    def by_duty(self, part: str, duty: Duty) -> list[Membership]:
        """The members of a part whose role includes `duty`, always in the same order."""
        return [one for one in self.staff[part] if one.has_duty(duty)]

    def author(self, part: str, number: int) -> Membership:
        """Whoever recorded contact `number` of a part."""
        authors = self.by_duty(part, Duty.RECORD_CONTACT)
        return authors[number % len(authors)]

    def approver(self, proposed_by: Membership, part: str) -> Membership:
        """Somebody else of the part who may approve flags and plans."""
        return next(one for one in self.by_duty(part, Duty.APPROVE_FLAG) if one.pk != proposed_by.pk)


# part: code, name, short name, kind, laws, duty line
AGENCIES = {
    "psap": ("kestrel-911", "Kestrel County 911 Centre", "911 Centre", _KIND.PSAP, [], "661-555-0101"),
    "police": ("kestrel-police", "Kestrel City Police", "KCPD", _KIND.POLICE, [_REGIME.CJA], "661-555-0102"),
    "sheriff": ("kestrel-sheriff", "Kestrel County Sheriff", "Sheriff", _KIND.SHERIFF, [_REGIME.CJA], "661-555-0103"),
    "county": (
        "kestrel-behavioral-health", "Kestrel County Behavioral Health", "KCBH", _KIND.COUNTY_BEHAVIORAL_HEALTH,
        [_REGIME.HIPAA_COVERED, _REGIME.CA_LPS], "661-555-0130",
    ),
    "mobile": (
        "valley-mobile-crisis", "Valley Mobile Crisis", "VMC", _KIND.CRISIS_PROVIDER,
        [_REGIME.HIPAA_COVERED, _REGIME.CA_CMIA], "661-555-0120",
    ),
    "clinic": (
        "orchard-street-clinic", "Orchard Street Clinic", "Orchard", _KIND.CLINIC_TREATMENT,
        [_REGIME.HIPAA_COVERED, _REGIME.CA_CMIA], "661-555-0140",
    ),
    "sud": (
        "new-day-recovery", "New Day Recovery", "New Day", _KIND.SUD_PROGRAM,
        [_REGIME.HIPAA_COVERED, _REGIME.PART2_PROGRAM], "661-555-0150",
    ),
    "oversight": ("kestrel-compliance", "Kestrel County Compliance Office", "Compliance", _KIND.OVERSIGHT, [], ""),
}  # fmt: skip
CODES = frozenset(row[0] for row in AGENCIES.values())

_RESPONDING, _CARING = ["D0", "D1", "D2", "D5", "D6"], ["D0", "D1", "D2", "D3", "D5", "D6"]
# code, kind, parties, categories, in force from and until, in days from now
_AGREEMENTS = (
    (
        "kestrel-response", Agreement.Kind.INFORMATION_EXCHANGE, ("county", "mobile", "police", "psap"), _RESPONDING,
        -800, 700,
    ),
    ("kestrel-sheriff-2024", Agreement.Kind.MOU, ("county", "mobile", "sheriff"), _RESPONDING, -760, -30),
    ("kestrel-care", Agreement.Kind.INFORMATION_EXCHANGE, ("county", "mobile", "clinic"), _CARING, -800, 700),
    ("new-day-qsoa", Agreement.Kind.QSOA, ("sud", "county", "clinic"), [*_CARING, "D4"], -400, 700),
)  # fmt: skip
REFERRAL_PARTS = ("county", "mobile", "clinic", "sud")

_COUNSEL = "Q. Nobody-Example, counsel of a county that does not exist"
_LCSW = "Licensed clinical social worker"
TRAINED_FOR = timedelta(days=300)


def _on_call(part: str, role: Role, *, is_medical: bool = False) -> Post:
    """A clinician's post with the county's trust for emergencies: the own override, and responders' requests."""
    return Post(part, role, is_medical_personnel=is_medical, may_break_glass=True, may_release_emergency=True)


ACCOUNTS = (
    Account("reyes", "Officer R. Reyes", "Patrol officer", (Post("police", Role.OFFICER),),
            "look up the people below; ask a clinician for safety information, okafor answers"),
    Account("tanaka", "Officer J. Tanaka", "CIT officer", (Post("police", Role.OFFICER),)),
    Account("moss", "Sgt. L. Moss", "Sergeant", (Post("police", Role.SUPERVISOR),)),
    Account("cole", "Deputy A. Cole", "Deputy", (Post("sheriff", Role.OFFICER),)),
    Account("ferris", "Sgt. O. Ferris", "Sergeant", (Post("sheriff", Role.SUPERVISOR),)),
    Account("vance", "T. Vance", "Dispatcher", (Post("psap", Role.DISPATCHER),),
            "ask about Rosalind: less than an officer sees, as her consent says"),
    Account("okafor", "N. Okafor", _LCSW, (_on_call("county", Role.EMBEDDED_CLINICIAN),),
            "ask about Rosalind: your own agency's records in full; answer what reyes asks in an emergency"),
    Account("brandt", "E. Brandt", _LCSW, (_on_call("county", Role.EMBEDDED_CLINICIAN),)),
    Account("castellanos", "M. Castellanos", "Family therapist", (_on_call("mobile", Role.MOBILE_CLINICIAN),),
            "ask about Rosalind for care coordination"),
    Account("lindgren", "P. Lindgren", "Crisis nurse",
            (_on_call("mobile", Role.MOBILE_CLINICIAN, is_medical=True),)),
    Account("petrova", "Dr. S. Petrova", "Psychiatrist",
            (Post("clinic", Role.TREATMENT_CLINICIAN, is_medical_personnel=True, may_break_glass=True),),
            "ask about Teodoro: the answer carries the notice of 42 CFR 2.32"),
    Account("achebe", "C. Achebe", _LCSW, (Post("clinic", Role.TREATMENT_CLINICIAN),)),
    Account("hale", "J. Hale", "Counsellor", (Post("sud", Role.TREATMENT_CLINICIAN),)),
    Account("soto", "V. Soto", "Counsellor", (Post("sud", Role.TREATMENT_CLINICIAN),)),
    Account("brooks", "W. Brooks", "Peer navigator", (Post("county", Role.PEER_NAVIGATOR),),
            "sees only people whose follow-up is assigned to them: try Rosalind, then Basil"),
    Account("kim", "H. Kim", "Consent manager", (Post("county", Role.CONSENT_MANAGER),),
            "open /admin/: the day's work on consents; and ask about Basil", opens_admin=True),
    Account("duarte", "I. Duarte", "Consent manager", (Post("county", Role.CONSENT_MANAGER),), opens_admin=True),
    Account("ashworth", "G. Ashworth", "Privacy officer", (Post("county", Role.PRIVACY_OFFICER),),
            "ask about Ingrid, who is restricted: only you are answered", opens_admin=True),
    Account("thorne", "L. Thorne", "Privacy officer", (Post("county", Role.PRIVACY_OFFICER),),
            "open /admin/: possible duplicates, and a merge that ashworth asked for", opens_admin=True),
    Account("mbeki", "Dr. A. Mbeki", "Clinical supervisor",
            (Post("county", Role.SUPERVISOR, is_clinical_supervisor=True),),
            "ask about Rosalind to review your team's work"),
    Account("quill", "B. Quill", "Auditor", (Post("oversight", Role.AUDITOR),),
            "looks nobody up; reads what was disclosed", opens_admin=True),
    Account("imai", "K. Imai", "Programme analyst", (Post("county", Role.PROGRAM_ANALYST),),
            "looks nobody up; sees counts only"),
    Account("farrow", "D. Farrow", "Agency administrator", (Post("county", Role.AGENCY_ADMIN),),
            "keeps accounts and teams; sees no person", opens_admin=True),
    Account("whitfield", "D. Whitfield", _LCSW,
            (_on_call("county", Role.EMBEDDED_CLINICIAN), _on_call("mobile", Role.MOBILE_CLINICIAN)),
            "works for two agencies: choose one after signing in"),
)  # fmt: skip


def write_county(now: datetime) -> County:
    """Write agencies, agreements, accounts without a usable password, and the teams that take referrals."""
    county = County()
    for part, (code, name, short_name, kind, laws, line) in AGENCIES.items():
        county.agencies[part] = Agency.objects.create(
            code=code,
            name=name,
            short_name=short_name,
            kind=kind,
            legal_regimes=laws,
            duty_line=line,
            state="CA",
            timezone="America/Los_Angeles",
            is_part2_program=part == "sud",
            accepts_notifications=part in REFERRAL_PARTS,
            keeps_index=part == "county",
            status=Agency.Status.ACTIVE,
        )
    _write_agreements(county, now)
    for account in ACCOUNTS:
        _write_account(county, account, now)
    for part in REFERRAL_PARTS:
        _write_team(county, part)
    return county


def sign_off_packs(county: County, now: datetime) -> None:
    """Load the states' rules on consents and put California's in force, in the name of a counsel who does not exist."""
    officer = county.by_duty("county", Duty.SIGN_OFF_PACK)[0]
    for loaded in load_packs():
        if loaded.pack.code == "ca":
            # Signed off in good time; a demo older than the pack signs it off now, and it waits for its day.
            in_time = min(now, loaded.pack.effective_at - timedelta(days=14))
            with audit_context(member=officer.member):
                sign_off_pack(by=officer, pack_id=loaded.pack.pk, counsel=_COUNSEL, at=in_time)


def _write_agreements(county: County, now: datetime) -> None:
    for code, kind, parties, categories, start, end in _AGREEMENTS:
        agreement = Agreement.objects.create(
            code=code,
            kind=kind,
            categories=categories,
            effective_at=now + timedelta(days=start),
            expires_at=now + timedelta(days=end),
        )
        agreement.parties.set([county.agencies[part] for part in parties])


def _write_account(county: County, account: Account, now: datetime) -> None:
    member = Member.objects.create_user(
        account.username,
        None,
        display_name=account.display_name,
        title=account.title,
        is_staff=account.opens_admin,
        trained_until=(now + TRAINED_FOR).date(),
        banner_version=settings.BANNER_VERSION,
    )
    for post in account.posts:
        membership = Membership.objects.create(
            member=member,
            agency=county.agencies[post.part],
            roles=[post.role],
            is_clinical_supervisor=post.is_clinical_supervisor,
            is_medical_personnel=post.is_medical_personnel,
            may_break_glass=post.may_break_glass,
            may_release_emergency=post.may_release_emergency,
        )
        county.staff.setdefault(post.part, []).append(membership)


def _write_team(county: County, part: str) -> Team:
    team = create_team(agency=county.agencies[part], name="Referrals", takes_referrals=True)
    for membership in county.by_duty(part, Duty.RECORD_LINKAGE):
        membership.member.groups.add(team.group)
    return team
