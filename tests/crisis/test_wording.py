"""Words that operational text should not hold: what is found, what is not, and where it stands (P-6, P-13, P-14). Pure."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuity.crisis.wording import Finding, Kind, Place, findings, tells_of_substance_use

# Text; then kind, words as they stand in it, and where they belong.
FOUND = [
    ("Went to detox on Monday.", "sud_programme", "detox", "sud_segment"),
    ("Takes BUPRENORPHINE daily.", "substance", "BUPRENORPHINE", "sud_segment"),
    ("Goes to the methadone clinic.", "sud_programme", "methadone clinic", "sud_segment"),
    ("On methadone.", "substance", "methadone", "sud_segment"),
    ("Wants medication-assisted treatment.", "sud_programme", "medication-assisted treatment", "sud_segment"),
    ("Has used meth.", "substance", "meth", "sud_segment"),
    ("Held crystal meth.", "substance", "crystal meth", "sud_segment"),
    ("Smelled of alcohol.", "substance", "alcohol", "sud_segment"),
    ("He is in recovery.", "substance", "in recovery", "sud_segment"),
    ("Two AA meetings a week.", "sud_programme", "AA meetings", "sud_segment"),
    ("Narcan was given.", "substance", "Narcan", "sud_segment"),
    ("Smoking crack in the lot.", "substance", "Smoking crack", "sud_segment"),
    ("Estaba borracha.", "substance", "borracha", "sud_segment"),
    ("Usa cocaína.", "substance", "cocaína", "sud_segment"),
    ("usa heroina", "substance", "heroina", "sud_segment"),
    ("Va a Alcohólicos Anónimos.", "sud_programme", "Alcohólicos Anónimos", "sud_segment"),
    ("A schizophrenic man.", "diagnosis", "schizophrenic", "narrative"),
    ("Diagnosed with something.", "diagnosis", "Diagnosed with", "narrative"),
    ("Has bipolar disorder.", "diagnosis", "bipolar disorder", "narrative"),
    ("Tiene esquizofrenia.", "diagnosis", "esquizofrenia", "narrative"),
    ("Co-occurring disorders.", "diagnosis", "Co-occurring disorders", "sud_segment"),
    ("Her mother called.", "third_party", "mother", "narrative"),
    ("The mother’s house.", "third_party", "mother", "narrative"),
    ("Reporting party asked not to be named.", "third_party", "Reporting party", "narrative"),
    ("The neighbor heard it.", "third_party", "neighbor", "narrative"),
    ("Met his ex-wife.", "third_party", "wife", "narrative"),
    ("Su mamá llamó.", "third_party", "mamá", "narrative"),
    ("His son came.", "third_party", "His son", "narrative"),
    ("A frequent flyer.", "stigma", "frequent flyer", "nowhere"),
    ("A frequent-flyer.", "stigma", "frequent-flyer", "nowhere"),
    ("Non-compliant again.", "stigma", "Non-compliant", "nowhere"),
    ("noncompliant", "stigma", "noncompliant", "nowhere"),
    ("EDP on Main Street.", "stigma", "EDP", "nowhere"),
    ("Showed excited delirium.", "stigma", "excited delirium", "nowhere"),
    ("A chronic caller.", "stigma", "chronic", "nowhere"),
    ("Está loca.", "stigma", "loca", "nowhere"),
    ("A known addict.", "stigma", "addict", "sud_segment"),
    ("An alcoholic.", "stigma", "alcoholic", "sud_segment"),
    ("Es drogadicto.", "stigma", "drogadicto", "sud_segment"),
]
# What looks like it and is not.
NEAR_MISSES = [
    "Spoke slowly and was methodical.",
    "Cleaned hands with alcoholic gel.",
    "Alcohol wipes and a hand-gel were given.",
    "A non-alcoholic drink.",
    "Usó gel de alcohol.",
    "It was crystal clear.",
    "Crystal and Molly are friends' names.",
    "Spanish is the mother tongue.",
    "Bought a card for Mother's Day.",
    "Detoxify the room.",
    "A crack in the window; weeds in the yard; a pot of tea; drove at speed.",
    "Called the PCP and the BPD.",
    "Ate a sandwich and drank water; had drunk tea before.",
    "Withdrawal of money at the bank.",
    "Placed in recovery position.",
    "Chronic pain in one knee.",
    "A sister agency and a parent company helped.",
    "The neighbourhood was calm.",
    "A motherboard, a brotherhood, Fatherland Road.",
    "Son las tres de la tarde.",
    "Waited on the sunny side; a locomotive passed.",
    "Went to the drug store for insulin.",
    "Physical rehab after a fall.",
    "Frequent. Flyer on the wall.",
    "Mentioned the county's recovery specialist.",
    "",
]
words_of = st.text(st.characters(categories=["L", "Nd", "Zs", "P", "Mn"]), max_size=80)
planted = st.sampled_from([words for _, _, words, _ in FOUND])


def only(text: str) -> Finding:
    (found,) = findings(text)
    return found


@pytest.mark.parametrize(("text", "kind", "words", "place"), FOUND)
def test_word_is_found_where_it_stands(text: str, kind: str, words: str, place: str):
    found = next(one for one in findings(text) if one.kind == kind)
    assert (found.term, found.belongs_in) == (words, place)
    assert text[found.start : found.end] == words
    assert found.sentence.endswith(".")


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_what_only_looks_like_it_is_left_alone(text: str):
    assert findings(text) == ()


def test_several_are_found_in_the_order_of_the_text():
    text = "Mother says he left rehab; a frequent flyer, schizophrenic, on heroin."
    assert [one.kind for one in findings(text)] == [
        Kind.THIRD_PARTY,
        Kind.SUD_PROGRAMME,
        Kind.STIGMA,
        Kind.DIAGNOSIS,
        Kind.SUBSTANCE,
    ]


def test_longest_phrase_wins():
    assert only("methadone maintenance").term == "methadone maintenance"
    assert only("alcohol use disorder").kind == Kind.DIAGNOSIS


def test_phrase_does_not_reach_over_a_full_stop_or_a_comma():
    assert findings("He left sober, living alone")[0].term == "sober"
    assert findings("We are in. Recovery took long.") == ()


@pytest.mark.parametrize(
    ("text", "told"), [("A known junkie", True), ("dual diagnosis", True), ("psychosis", False)]
)
def test_label_or_diagnosis_that_tells_of_substance_use_counts_as_such(text: str, told: bool):
    """P-14: what nobody moved makes the contact Part 2 data."""
    assert tells_of_substance_use(text) is told


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_sentence_that_says_what_to_do(kind: Kind):
    told = {found.sentence for text, *_ in FOUND for found in findings(text) if found.kind == kind}
    assert told
    assert all("Move it" in one or "Say" in one or "belong" in one for one in told)


@given(words_of)
def test_offsets_mark_whole_words_in_order(text: str):
    last = 0
    for found in findings(text):
        assert found.start >= last
        assert text[found.start : found.end] == found.term
        assert not text[found.start - 1 : found.start].isalnum()
        assert not text[found.end : found.end + 1].isalnum()
        last = found.end


@given(planted, words_of)
def test_words_are_found_after_whatever_stands_before(words: str, before: str):
    text = f"{before}. {words}."
    start = len(before) + 2
    assert any(one.start == start and one.term == words for one in findings(text))


@given(planted, st.sampled_from([str.upper, str.lower, str.title]), st.sampled_from(["NFC", "NFD"]))
def test_case_and_the_writing_of_accents_hide_nothing(words: str, case: object, form: str):
    written = unicodedata.normalize(form, case(words))  # type: ignore[operator]
    assert (only(written).start, only(written).term) == (0, written)
    assert only(written).kind == only(words).kind


@given(planted.filter(lambda words: words.isalpha()), st.sampled_from("qxzñ7"))
def test_part_of_a_word_is_no_word(words: str, letter: str):
    assert findings(letter + words + letter) == ()


def test_places_are_those_that_a_contact_has():
    assert {found.belongs_in for text, *_ in FOUND for found in findings(text)} == set(Place)
