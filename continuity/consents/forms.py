"""The form as the person is shown it: the pack's text in a language the person reads, with this consent's words in it.

The texts lie in `templates/consents/forms`: one per pack and language, made of parts; `words.<language>`
says what categories, purposes and instruments are called there. Whoever changes a text gives it a new version.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine, Template, TemplateDoesNotExist
from django.utils import translation
from django.utils.dateformat import format as write_date

from continuity.agencies.models import Agency, Category
from continuity.consents.elements import PART2, TPO
from continuity.consents.models import Consent, ConsentRecipient

FOLDER = Path(__file__).parent / "templates" / "consents" / "forms"
GENERAL = "any"
_ENGLISH = "en"
_VERSION = re.compile(r"\Aversion: (\S+)\n")
_GAPS = re.compile(r"\n{3,}")
_NO_END = "none"


@dataclass(frozen=True)
class ShownForm:
    """`template` is the pack's code and the language, `version` what the file states, `text` the whole form."""

    template: str
    version: str
    text: str


def shown_form(consent: Consent, at: datetime) -> ShownForm:
    """Fill the form of the custodian's pack, or the general one, in the consent's language; English where none is."""
    language = (consent.form_language or _ENGLISH).split("-")[0].lower()
    for code in (consent.custodian.pack_code, GENERAL):
        for spoken in (language, _ENGLISH):
            template = _template(FOLDER, f"{code}.{spoken}.txt")
            if template is not None:
                return _fill(template, f"{code}.{spoken}", _words(consent, spoken, at))
    raise TemplateDoesNotExist(f"{GENERAL}.{_ENGLISH}.txt")


@cache
def labels(language: str) -> Mapping[str, Mapping[str, str]]:
    """What the forms of a language call instruments, categories, purposes, windows and recipients."""
    return tomllib.loads((FOLDER / f"words.{language}.toml").read_text("utf-8"))


@cache
def _template(folder: Path, name: str) -> Template | None:
    # An engine of its own: plain text, never escaped, and a word that nobody gave stands out as [[word]].
    engine = Engine(dirs=[str(folder)], autoescape=False, string_if_invalid="[[%s]]")
    return engine.get_template(name) if (folder / name).exists() else None


def _fill(template: Template, name: str, words: Mapping[str, Any]) -> ShownForm:
    text = template.render(Context(dict(words), autoescape=False))
    found = _VERSION.match(text)
    if found is None:
        raise ValueError(f"{name} states no version")
    body = "\n".join(line.rstrip() for line in text[found.end() :].splitlines())
    return ShownForm(name, found[1], _GAPS.sub("\n\n", body).strip() + "\n")


def _words(consent: Consent, language: str, at: datetime) -> dict[str, Any]:
    custodian, called = consent.custodian, labels(language)
    parties = list(
        consent.recipients.filter(revoked_at=None).select_related("agency", "member").order_by("pk")
    )
    last_day = custodian.last_day_before(consent.expires_at) if consent.expires_at else None
    first_day, today = custodian.local(consent.starts_at).date(), custodian.local(at).date()
    statements = [field.name for field in Consent._meta.fields if field.name.startswith("states_")]
    return {name: getattr(consent, name) for name in statements} | {
        "number": consent.number,
        "date": _written(today, called, language),
        "instrument_name": called["instruments"][consent.instrument],
        "tpo": consent.instrument == TPO,
        "under_hipaa": consent.instrument not in (PART2, TPO),
        "laws": custodian.legal_regimes,
        "person": _official_name(consent),
        "custodian": custodian.name,
        "interpreter": consent.interpreter,
        "releasing_member": consent.releasing_member.display_name if consent.releasing_member else "",
        "disclosing": [agency.name for agency in consent.disclosing_agencies.order_by("name")],
        "disclosing_description": consent.disclosing_description,
        "recipients": [_recipient(party, called) for party in parties],
        "names_police": any(_is_police(party.agency) for party in parties),
        "names_a_class": any(party.kind == ConsentRecipient.Kind.TREATING_PROVIDERS for party in parties),
        "information": _called(consent.categories, called),
        "description": consent.information_description,
        "window": called["windows"][consent.record_window],
        "contacts": _contacts(consent),
        "existence": consent.existence_may_be_confirmed,
        "part2": consent.part2_included,
        "purposes": [called["purposes"].get(purpose, purpose) for purpose in consent.purposes],
        "purpose_text": consent.purpose_text,
        "starts_on": _written(first_day, called, language) if first_day > today else "",
        "ends_on": _written(last_day, called, language) if last_day else "",
        "has_no_end": consent.expiry_event == _NO_END,
        "event": consent.expiry_event,
        "revocation_method": consent.revocation_method,
    }


def _recipient(party: ConsentRecipient, called: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    if party.agency:
        name = party.agency.name
    elif party.member:
        name = party.member.display_name
    else:
        name = party.third_party_name or called["recipients"]["treating_providers"]
    return {
        "name": name,
        "note": called["recipients"]["police"] if _is_police(party.agency) else "",
        "information": _called(party.categories, called),
    }


def _is_police(agency: Agency | None) -> bool:
    return agency is not None and agency.is_law_enforcement


def _called(categories: Iterable[str], called: Mapping[str, Mapping[str, str]]) -> list[str]:
    ticked = set(categories)
    return [called["categories"][category] for category in Category.values if category in ticked]


def _contacts(consent: Consent) -> list[str]:
    """The named contacts by the end of their ids, as numbers are written; nothing of what they hold."""
    if consent.record_window != Consent.Window.SPECIFIC_CONTACTS:
        return []
    return [named.contact_id.hex[-12:].upper() for named in consent.specific_contacts.order_by("contact_id")]


def _official_name(consent: Consent) -> str:
    name = consent.person.personname_set.filter(use="official").order_by("pk").first()
    return (
        " ".join(part for part in (name.first, name.middle, name.last, name.suffix) if part) if name else ""
    )


def _written(day: date, called: Mapping[str, Mapping[str, str]], language: str) -> str:
    """A date in words, so that nobody can swap day and month."""
    with translation.override(language):
        return write_date(day, called["dates"]["written"])
