"""A prepared copy as paper says it: headings, entries, labels with values; the same for page, print and PDF."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from continuity.backoffice.words import CATEGORIES, PURPOSES, day, listed

_LABELS = {
    "birth_date": "Born",
    "deceased_date": "Died",
    "le_dispatched": "Police sent",
    "le_cancelled": "Police cancelled",
    "sud_text": "Substance use",
    "shown_text": "The form, as it was shown",
    "part2_included": "SUD records included",
    "is_minor": "Minor then",
}
_NOUNS = {
    "names": "Names",
    "identifiers": "Numbers you are known by",
    "phones": "Telephone numbers",
    "addresses": "Addresses",
    "contacts": "Contacts",
    "safety_flags": "Safety observations",
    "tips": "What helps",
    "plans": "Response plans",
    "team_links": "Treatment teams",
    "linkages": "Referrals",
    "follow_ups": "Follow-ups",
    "consents": "Consents",
    "offers": "Consents offered",
}
# Codes that say nothing as they stand; the file for programs keeps the codes.
_CODES = {
    "y": "to the year",
    "ym": "to the month",
    "ymd": "to the day",
    "h24": "24 hours",
    "h48": "48 hours",
    "h72": "72 hours",
    "d7": "7 days",
    "d30": "30 days",
    "outpatient_mh": "outpatient mental health",
    "hipaa_authorization": "HIPAA authorization",
    "part2_consent": "42 CFR Part 2 consent",
    "part2_tpo": "42 CFR Part 2 single TPO consent",
    "combined_hipaa_part2": "combined HIPAA and Part 2",
    **PURPOSES,
}
# What names an entry of the own record, the first that is there.
_HEADINGS = (
    "occurred_at",
    "number",
    "kind",
    "provider",
    "use",
    "type",
    "offered_at",
    "requested_at",
    "at",
    "line",
)


@dataclass(frozen=True)
class Entry:
    """One thing told: its heading, what is said of it, and what belongs to it."""

    heading: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple["Entry", ...] = ()


@dataclass(frozen=True)
class Section:
    heading: str
    entries: tuple[Entry, ...]
    nothing: str = ""


@dataclass(frozen=True)
class Paper:
    """The whole copy."""

    title: str
    says: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]


def paper_of(copy: Mapping[str, Any]) -> Paper:
    """The copy in words; times are those of the running time zone, which is the custodian's (P-18)."""
    if "record" in copy:
        sections = tuple(_record(copy["record"]))
    elif "looks" in copy:
        looks = tuple(_look(one) for one in copy["looks"])
        sections = (Section("Who looked", looks, "Nobody opened your record in this time."),)
    else:
        lines = tuple(_line(one) for one in copy["disclosures"])
        sections = (Section("Disclosures", lines, "Nothing was given to anybody in this time."),)
    return Paper(copy["title"], copy["says"], tuple(_head(copy)), sections)


def contacts_of(copy: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The contacts of an own record: id, and how the office tells them apart."""
    return [
        (one["id"], f"{one['contact_number']}, {_words(one['occurred_at'])}")
        for one in copy.get("record", {}).get("contacts", [])
    ]


def _head(copy: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    person = copy["person"]
    yield "About", person["name"] + (f", born {_words(person['birth_date'])}" if person["birth_date"] else "")
    yield "From", listed([one for one in (copy["agency"], copy["privacy_office"]) if one])
    if copy["period"]:
        # The period ends just before its last moment: a day that ended at midnight is the day before.
        yield "Period", f"{_words(copy['period']['from'])} until {_words(copy['period']['until'])}"
    yield "Asked for", _words(copy["requested_at"])
    yield "Prepared", _words(copy["prepared_at"])
    yield "Number", copy["number"]


def _line(line: Mapping[str, Any]) -> Entry:
    first, last = _words(line["first_at"]), _words(line["last_at"])
    told = line["description"]
    facts = [
        ("Received by", listed([one for one in (line["recipient"], line["address"]) if one])),
        ("What", told[:1].upper() + told[1:]),
        ("What for", line["purpose"].capitalize()),
        ("Why it was allowed", line["basis"][:1].upper() + line["basis"][1:]),
        ("Consent", listed([one for one in line["consents"] if one], "")),
        ("How", line["how"] + (", in an emergency" if line["in_emergency"] else "")),
        ("How often", f"{line['frequency']}, the last time on {last}" if line["times"] > 1 else ""),
        ("Counted by", listed(line["counted_under"], "")),
    ]
    return Entry(first, tuple((label, value) for label, value in facts if value))


def _look(look: Mapping[str, Any]) -> Entry:
    facts = [
        ("Who", listed([one for one in (look["agency"], *look["roles"]) if one])),
        ("What happened", look["what"]),
        ("What it was about", listed([CATEGORIES[one] for one in look["categories"]], "")),
        ("What for", look["purpose"]),
        ("How", look["how"]),
    ]
    return Entry(_words(look["at"]), tuple((label, value) for label, value in facts if value))


def _record(record: Mapping[str, Any]) -> Iterable[Section]:
    yield Section("About you", (Entry("", _facts(record["person"])),))
    for noun, heading in _NOUNS.items():
        if record[noun]:
            yield Section(heading, tuple(_entry(one) for one in record[noun]))


def _entry(row: Mapping[str, Any]) -> Entry:
    heading = next((name for name in _HEADINGS if row.get(name)), "")
    plain = {
        name: value for name, value in row.items() if name not in (heading, "id") and not _is_part(value)
    }
    parts = tuple(
        Entry(f"{_label(name).removesuffix('s')}: {inner.heading}", inner.facts, inner.parts)
        for name, value in row.items()
        if _is_part(value)
        for inner in map(_entry, value)
    )
    return Entry(_words(row[heading]) if heading else "", _facts(plain), parts)


def _is_part(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _facts(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((_label(name), _words(value)) for name, value in row.items() if _words(value))


def _label(name: str) -> str:
    if name in _LABELS:
        return _LABELS[name]
    return name.removesuffix("_at").removesuffix("_date").replace("_", " ").capitalize()


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        told = [CATEGORIES.get(one, _words(one)) for one in value]
        return "; ".join(told) if any(" " in str(one) for one in value) else listed(told, "")
    if not isinstance(value, str):
        return "" if value is None else str(value)
    return _moment(value) or _CODES.get(value) or (value if " " in value else value.replace("_", " "))


def _moment(text: str) -> str:
    try:
        if len(text) == len("2026-01-01"):
            return day(date.fromisoformat(text))
        if "T" in text and len(text) >= len("2026-01-01T00:00:00"):
            local = timezone.localtime(datetime.fromisoformat(text))
            return f"{day(local)}, {local:%H:%M}"
    except ValueError:
        pass
    return ""
