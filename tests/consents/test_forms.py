"""The forms: every element of its instrument is in the text, in English and in Spanish, and stays as it was shown."""

import re
import shutil
from datetime import timedelta
from itertools import product

import pytest

from continuity.agencies.models import Category, Member
from continuity.consents import forms
from continuity.consents.elements import CONSENTABLE
from continuity.consents.models import Consent
from continuity.consents.services import Recipient, draft_consent, propose_consent
from tests import builders as b

PACKS, LANGUAGES = ("any", "ca", "nc", "mo"), ("en", "es")
HIPAA, PART2, TPO, COMBINED, STATE = INSTRUMENTS = tuple(Consent.Instrument.values)
LAST_DAY = b.NOW + timedelta(days=200)
# What the staff writes is in the person's language, too.
WRITTEN = {
    "en": {
        "information_description": "What calms me, and my last three calls.",
        "revocation_method": "1 Example Street, or any member of staff.",
        "purpose_text": "Only while I live in Kestrel.",
    },
    "es": {
        "information_description": "Lo que me calma y mis tres llamadas anteriores.",
        "revocation_method": "Calle Ejemplo 1, o cualquier miembro del personal.",
        "purpose_text": "Solo mientras viva en Kestrel.",
    },
}
# Sentence of each element, as (English, Spanish). Section of law in the key.
ALWAYS = {
    "name of the person, 2.31(a)(1)": ("Your name: Sam Testcase", "Su nombre: Sam Testcase"),
    "who may disclose, (a)(2), 164.508(c)(1)(ii)": ("WHO MAY SHARE\n- County Health", "QUIÉN PUEDE COMPARTIR\n- County Health"),
    "what, (a)(3), (c)(1)(i)": ("what helps you stay calm", "qué le ayuda a mantener la calma"),
    "what in words, (a)(3), (c)(1)(i)": ("What calms me", "Lo que me calma"),
    "recipient, (a)(4), (c)(1)(iii)": ("- Orchard Clinic", "- Orchard Clinic"),
    "purpose, (a)(5), (c)(1)(iv)": ("- to treat you", "- darle tratamiento"),
    "purpose in words, (a)(5)": ("Only while I live", "Solo mientras viva"),
    "right to revoke, (a)(6), (c)(2)(i)": ("at any time (revoke it). Tell County Health in writing", "en cualquier momento (revocarlo). Dígaselo por escrito a County Health"),
    "how to revoke, (a)(6), (c)(2)(i)": ("1 Example Street", "Calle Ejemplo 1"),
    "by word, L-12": ("You may also just tell us", "También puede decírnoslo de palabra"),
    "toward one alone, L-12": ("only one of those named", "solo para uno de los que se nombran"),
    "reliance, (a)(6), (c)(2)(i)": ("cannot be undone", "no se puede deshacer"),
    "end, (a)(7), (c)(1)(v)": ("at the end of the day on June 8, 2027", "al final del día 8 de junio de 2027"),
    "signature and date, (a)(8), (a)(9), (c)(1)(vi)": ("Signature: ___", "Firma: ___"),
    "date, (a)(9), (c)(1)(vi)": ("Date: ___", "Fecha: ___"),
    "representative, (c)(1)(vi)": ("If somebody signs for you", "Si otra persona firma por usted"),
    "witness": ("Witness", "Testigo"),
    "interpreter, P-10": ("Interpreter", "Intérprete"),
    "copy, (c)(4)": ("You get a copy", "Usted recibe una copia"),
    "counselling notes apart, L-9": ("does not cover a counselor's private notes", "no abarca las notas privadas de un consejero"),
    "proceedings apart, L-9": ("against you in court", "contra usted en un tribunal"),
    "nobody is pushed, P-9": ("Nobody may push you", "Nadie puede presionarle"),
}  # fmt: skip
OF_INSTRUMENT = {
    "no conditioning, (c)(2)(ii)": ({HIPAA, COMBINED}, "Your care does not depend", "Su atención no depende"),
    "redisclosure, (c)(2)(iii)": ({HIPAA, COMBINED}, "(HIPAA) may not protect it", "(HIPAA) ya no la proteja"),
    "redisclosure, 2.31(a)(10)": ({TPO}, "42 CFR Part 2 may not protect them", "42 CFR Parte 2 ya no los proteja"),
    "refusal, 2.31(a)(10)": ({TPO}, "If you do not sign, your treatment goes on", "Si no firma, su tratamiento continúa"),
    "as HIPAA allows, 2.31(a)(4)(iii)": ({TPO}, "as HIPAA allows. But nobody", "como lo permite la ley HIPAA. Pero nadie"),
    "what TPO is, 2.31(a)(5)(iii)": ({TPO}, "treatment, payment, and health care operations.", "tratamiento, pago y operaciones de atención médica."),
    "SUD by name, 2.31(a)(3)": ({PART2, TPO, COMBINED}, "[X] YES. This form covers", "[X] SÍ. Este formulario abarca"),
    "SUD not against the person, 2.12(d), L-3": ({PART2, TPO, COMBINED}, "Nobody may use them against you in a civil", "Nadie puede usarlos contra usted en un caso civil"),
    "no SUD": ({HIPAA, STATE}, "[ ] NO. This form does not", "[ ] NO. Este formulario no"),
    "redisclosure of SUD, 2.32": ({PART2, COMBINED}, "may not pass them on, unless you allow", "no puede pasarlos a otros, a menos que usted lo permita"),
}  # fmt: skip
OF_PACK = {
    "ca": ("5328.7).\nDr Release is the person", "5328.7).\nDr Release es la persona"),
    "nc": ("one year at most (10A NCAC 26B .0202)", "un año como máximo (10A NCAC 26B .0202)"),
    "mo": ("Revised Statutes of Missouri 630.140", "Estatutos Revisados de Misuri 630.140"),
}
every_form = pytest.mark.parametrize(
    ("pack", "language", "instrument"), list(product(PACKS, LANGUAGES, INSTRUMENTS))
)


def draft(desk, *, pack="ca", language="en", instrument=HIPAA, **content):
    """A draft that says everything its instrument asks for."""
    desk.county.policy_pack = pack
    desk.county.save()
    sud = instrument in (PART2, TPO, COMBINED)
    wanted = {name for name, (instruments, *_) in OF_INSTRUMENT.items() if instrument in instruments}
    recipients = content.pop("recipients", [Recipient(["D1", "D4"] if sud else ["D1"], agency=desk.clinic)])
    releasing, _ = Member.objects.get_or_create(username="release", defaults={"display_name": "Dr Release"})
    return draft_consent(
        by=desk.kim,
        person=desk.sam,
        disclosing_agencies=[desk.county],
        recipients=recipients,
        at=b.NOW,
        **{
            "instrument": instrument,
            "categories": ["D1", "D4"] if sud else ["D1"],
            "part2_included": sud,
            "purposes": ["treatment"],
            "expires_at": desk.county.end_of(desk.county.local(LAST_DAY).date()),
            "form_language": language,
            "releasing_member": releasing,
            "states_right_to_revoke": True,
            "states_reliance_exception": True,
            "states_no_conditioning": "no conditioning, (c)(2)(ii)" in wanted,
            "states_redisclosure_risk": instrument in (HIPAA, COMBINED, TPO),
            "states_refusal_consequence": instrument == TPO,
            "states_tpo_redisclosure": instrument == TPO,
        }
        | WRITTEN[language]
        | content,
    )


def text_of(desk, **how):
    return forms.shown_form(draft(desk, **how), b.NOW).text


@every_form
def test_a_form_states_every_element_of_its_instrument(desk, pack, language, instrument):
    shown = forms.shown_form(draft(desk, pack=pack, language=language, instrument=instrument), b.NOW)
    assert (shown.template, shown.version) == (f"{pack}.{language}", "2026-11")
    side = LANGUAGES.index(language)
    stated = {name: sentences[side] in shown.text for name, sentences in ALWAYS.items()}
    assert [name for name, is_there in stated.items() if not is_there] == []
    for name, (instruments, *sentences) in OF_INSTRUMENT.items():
        assert (sentences[side] in shown.text) == (instrument in instruments), name
    for code, sentences in OF_PACK.items():
        assert (sentences[side] in shown.text) == (code == pack), code
    assert forms.labels(language)["instruments"][instrument] in shown.text
    assert "[[" not in shown.text


FOREIGN = {
    "es": r"\b(the|and|of|your|you|is|may|not|with|this|form|who|what|will|was|sign|until|care)\b",
    "en": r"\b(el|los|las|de|del|que|su|sus|usted|para|por|con|este|quién|firma)\b|[áéíóúñ¿¡]",
}


@every_form
def test_a_form_keeps_to_its_language(desk, pack, language, instrument):
    text = text_of(desk, pack=pack, language=language, instrument=instrument)
    assert re.findall(FOREIGN[language], text, re.IGNORECASE) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_labels_of_a_language_are_complete(language):
    called, english = forms.labels(language), forms.labels("en")
    assert {section: set(words) for section, words in called.items()} == {
        section: set(words) for section, words in english.items()
    }
    assert set(called["categories"]) == set(Category.values)
    assert set(called["purposes"]) == CONSENTABLE
    assert set(called["instruments"]) == set(Consent.Instrument.values)
    assert set(called["windows"]) == set(Consent.Window.values)


def test_every_form_and_part_has_its_other_language():
    files = {path.relative_to(forms.FOLDER).as_posix() for path in forms.FOLDER.rglob("*.*")}
    english = {name for name in files if ".en." in name}
    assert {name.replace(".en.", ".es.") for name in english} == files - english
    assert {f"{pack}.en.txt" for pack in PACKS} <= english


def grade(text: str) -> float:
    """Flesch-Kincaid grade of the sentences: lines, sections of law and blanks to be filled left out."""
    text = "\n".join(
        line for line in text.splitlines() if line.rstrip().endswith((".", ":")) and "__" not in line
    )
    text = re.sub(r"\(?\b(42 CFR Part 2|45 CFR [\d.]+|HIPAA|[A-Z][\w .]*\d[\d.A-Z()-]*)\)?", "law", text)
    sentences = max(1, len(re.findall(r"[.:!?](?=\s|$)", text)))
    words = re.findall(r"[A-Za-z']+", text)
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e\b", "", word.lower())))) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


@pytest.mark.parametrize(("pack", "instrument"), list(product(PACKS, INSTRUMENTS)))
def test_a_sixth_grader_can_read_the_english_form(desk, pack, instrument):
    assert grade(text_of(desk, pack=pack, instrument=instrument)) < 7


def test_the_same_consent_is_shown_in_the_same_words_each_time(desk):
    consent = draft(desk)
    first = forms.shown_form(consent, b.NOW)
    assert forms.shown_form(Consent.objects.get(pk=consent.pk), b.NOW) == first


def test_police_are_named_as_police_and_told_to_be_outside_hipaa(desk):
    to = [Recipient(["D1"], agency=desk.police)]
    text = text_of(desk, recipients=to, purposes=["le_crisis_response"])
    assert "- Kestrel Police: the police agency of this name\n    - what to be careful of" in text
    assert "Police never get what a clinician wrote" in text
    assert "HIPAA does not bind them" in text
    assert "olice" not in text_of(desk, states_no_conditioning=False)


def test_each_recipient_stands_with_what_it_may_get(desk):
    to = [Recipient(["D1"], agency=desk.police), Recipient(["D1", "D3"], agency=desk.clinic)]
    text = text_of(desk, recipients=to, categories=["D1", "D3"])
    police, clinic = text.index("- Kestrel Police"), text.index("- Orchard Clinic")
    assert police < clinic < text.index("- what a clinician wrote")


def test_a_class_of_treating_providers_comes_with_the_right_to_a_list(desk):
    text = text_of(desk, instrument=TPO, recipients=[Recipient(["D4"])])
    assert "(your treating providers)" in text
    assert "list of the providers" in text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"expires_at": None, "expiry_event": "none", "instrument": TPO}, "It has no end date. It ends when you take"),
        ({"expires_at": None, "expiry_event": "I move away"}, "It ends when this happens: I move away."),
        ({"expiry_event": "I move away"}, "June 8, 2027. It ends sooner if this happens: I move away."),
        ({"starts_at": b.NOW + timedelta(days=30)}, "It starts on December 20, 2026."),
        ({}, "It starts when you sign."),
        ({"existence_may_be_confirmed": True}, "They may be told that there is a record"),
        ({}, "They may not be told that there is a record"),
        ({"record_window": "from_signing"}, "Only records made after you sign."),
        ({"interpreter": "I. Example"}, "I. Example, signature: ___"),
    ],
)  # fmt: skip
def test_the_form_says_what_this_consent_says(desk, content, sentence):
    assert sentence in text_of(desk, **content)


def test_the_named_contacts_are_numbers_only(desk):
    contact = b.contact(b.member("c", desk.county, "embedded_clinician"), desk.sam)
    text = text_of(desk, record_window="specific_contacts", contacts=[contact.pk])
    assert f"these contacts:\n- {contact.pk.hex[-12:].upper()}\n" in text


def test_nothing_typed_is_taken_for_markup(desk):
    text = text_of(desk, information_description="<b>{{ number }}</b> & {% now %}")
    assert "<b>{{ number }}</b> & {% now %}" in text


def test_a_pack_without_a_form_shows_the_general_one(desk):
    assert forms.shown_form(draft(desk, pack="zz", language="es"), b.NOW).template == "any.es"
    assert forms.shown_form(draft_again(desk, "vi"), b.NOW).template == "any.en"


def draft_again(desk, language):
    consent = Consent.objects.get()
    consent.form_language = language
    return consent


def test_what_was_shown_stays_when_the_form_changes(desk, tmp_path, monkeypatch):
    consent = propose_consent(by=desk.kim, consent_id=draft(desk).pk, at=b.NOW)
    changed = shutil.copytree(forms.FOLDER, tmp_path / "forms") / "ca.en.txt"
    changed.write_text("version: 2027-01\nQuite another form for {{ person }}.\n")
    monkeypatch.setattr(forms, "FOLDER", tmp_path / "forms")
    kept = Consent.objects.get(pk=consent.pk)
    assert forms.shown_form(kept, b.NOW).text == "Quite another form for Sam Testcase.\n"
    assert (kept.form_version, kept.shown_text) == ("2026-11", consent.shown_text)
    assert "PERMISSION TO SHARE" in kept.shown_text
