"""Forms as people fill them in: drawn at random, then mended until the law has nothing to say against them."""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

PART2_FORMS = {"part2_consent", "part2_tpo", "combined_hipaa_part2"}
INSTRUMENTS = ["combined_hipaa_part2", "hipaa_authorization", "part2_consent", "part2_tpo", "state_form"]
CATEGORIES = ["D0", "D1", "D2", "D3", "D4", "D5", "D6"]
PURPOSES = ["le_crisis_response", "care_coordination", "treatment"]
POLICE = ["kestrel-police", "osprey-police"]
MEMBERS = ["adeyemi", "novak"]
RECIPIENTS = [*POLICE, "clinic", "elsewhere", *MEMBERS, "treating_providers", "third_party"]
EVERYTHING = frozenset(CATEGORIES)
FOR_POLICE = EVERYTHING - {"D3", "D4"}  # L-3


@dataclass(frozen=True)
class Form:
    """`days`: last day on which it holds, counted from today; `starts`: first day likewise; None: not given."""

    custodian: str = "county"
    instrument: str = "combined_hipaa_part2"
    categories: frozenset[str] = EVERYTHING
    parties: tuple[tuple[str, frozenset[str]], ...] = (("kestrel-police", FOR_POLICE),)
    purposes: frozenset[str] = frozenset(PURPOSES)
    disclosing: frozenset[str] = frozenset({"county", "harbor"})
    window: str = "past_contacts"
    existence: bool = False
    part2: bool = True
    days: int | None = 10
    starts: int | None = None
    event: str = ""

    def body(self, **ids: Any) -> dict[str, Any]:
        """The JSON of this form but for its people, dates and contacts, which `ids` gives."""
        return {
            "instrument": self.instrument,
            "disclosing_agencies": sorted(self.disclosing),
            "categories": sorted(self.categories),
            "purposes": sorted(self.purposes),
            "existence_may_be_confirmed": self.existence,
            "part2_included": self.part2,
            "record_window": self.window,
            "expiry_event": self.event,
            "information_description": "What helps, earlier contacts, and who treats me.",
            "revocation_method": "In writing, or by word to any member of staff.",
            "form_language": "en",
            **{f"states_{name}": True for name in STATEMENTS},
            **ids,
        }


STATEMENTS = [
    "right_to_revoke",
    "reliance_exception",
    "no_conditioning",
    "redisclosure_risk",
    "tpo_redisclosure",
    "refusal_consequence",
]


def mended(form: Form) -> Form:
    """The same form within the law: L-2, L-3, L-6 (an end, SUD ticked apart, a scope for each recipient), L-7."""
    tpo, part2 = form.instrument == "part2_tpo", form.part2 and form.instrument in PART2_FORMS
    categories = (form.categories if part2 else form.categories - {"D4"}) or frozenset({"D1"})
    purposes = (form.purposes - {"le_crisis_response"} if tpo else form.purposes) or frozenset({"treatment"})
    parties = {
        who: scope & categories & (FOR_POLICE if who in POLICE else EVERYTHING)
        for who, scope in form.parties
        if not (tpo and who in POLICE)
    }
    event = form.event if tpo or form.event != "none" else ""
    may_lack_a_day = event and (tpo or form.custodian == "harbor")
    days = form.days if form.days is not None or may_lack_a_day else 10
    return replace(
        form,
        categories=categories,
        purposes=purposes,
        part2=part2,
        parties=tuple((who, scope) for who, scope in parties.items() if scope)
        or (("elsewhere", categories),),
        disclosing=form.disclosing or frozenset({form.custodian}),
        event=event,
        days=days,
        starts=None if form.starts is None or days is None else min(form.starts, days),
    )


_mostly_everything = st.one_of(st.just(EVERYTHING), st.frozensets(st.sampled_from(CATEGORIES), min_size=1))
forms = st.builds(
    Form,
    custodian=st.sampled_from(["county", "harbor"]),
    instrument=st.sampled_from(["combined_hipaa_part2", *INSTRUMENTS]),
    categories=_mostly_everything,
    parties=st.lists(
        st.tuples(st.sampled_from(RECIPIENTS), _mostly_everything),
        min_size=1,
        max_size=3,
        unique_by=lambda one: one[0],
    ).map(tuple),
    purposes=st.one_of(st.just(frozenset(PURPOSES)), st.frozensets(st.sampled_from(PURPOSES), min_size=1)),
    disclosing=st.frozensets(st.sampled_from(["county", "harbor"]), min_size=1),
    window=st.sampled_from(["past_contacts", "past_contacts", "from_signing", "specific_contacts"]),
    existence=st.booleans(),
    part2=st.booleans(),
    days=st.one_of(st.none(), st.integers(0, 3), st.integers(0, 40)),
    starts=st.one_of(st.none(), st.none(), st.integers(-3, 3)),
    event=st.sampled_from(["", "", "The court case is closed.", "none"]),
).map(mended)

# What no form may say or leave out (L-3, L-6, L-7, L-9, P-18): proposing it must be refused.
DEFECTS: dict[str, dict[str, Any]] = {
    "no end": {"expires_on": None, "expiry_event": None},
    "no end but for TPO": {"expires_on": None, "expiry_event": "none"},
    "no category": {"categories": None, "recipients": [{"agency": "elsewhere", "categories": []}]},
    "empty scope": {"recipients": [{"agency": "elsewhere", "categories": []}]},
    "narrative for police": {"recipients": [{"agency": "kestrel-police", "categories": ["D1", "D3"]}]},
    "more than the consent": {
        "categories": ["D1"],
        "recipients": [{"agency": "elsewhere", "categories": ["D2"]}],
    },
    "nobody": {"recipients": []},
    "no purpose": {"purposes": None},
    "no discloser": {"disclosing_agencies": []},
    "proceedings": {"purposes": ["legal_process"]},
    "SUD not ticked": {"part2_included": False},
    "counselling notes": {"covers_counselling_notes": True},
}


def recipient(who: str, scope: frozenset[str], member_ids: dict[str, str]) -> dict[str, Any]:
    """One recipient as the API wants it."""
    if who in MEMBERS:
        named: dict[str, Any] = {"member": member_ids[who]}
    elif who == "treating_providers":
        named = {"treating_providers": True}
    else:
        named = {"third_party": "Aunt Placeholder"} if who == "third_party" else {"agency": who}
    return named | {"categories": sorted(scope)}
