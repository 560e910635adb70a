"""Words that operational text should not hold: substances, diagnoses, third parties, labels (P-6, P-13, P-14). Pure.

A page marks what is found and offers to move it; nothing is changed or refused here. Words are found whole, in any
case and with or without accents, in English and in the common Spanish: "meth" is found, "methodical" is not. Words of
two meanings (pot, speed, crack, PCP, crystal) are found only in company that settles it. The lists are words, not
judgement: text without a finding may still say too much.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    SUBSTANCE = "substance"
    SUD_PROGRAMME = "sud_programme"
    DIAGNOSIS = "diagnosis"
    THIRD_PARTY = "third_party"
    STIGMA = "stigma"


class Place(StrEnum):
    """Where such words may stand."""

    SUD_SEGMENT = "sud_segment"
    NARRATIVE = "narrative"
    NOWHERE = "nowhere"


@dataclass(frozen=True)
class Finding:
    """A word or phrase at [start, end) of the text, where it belongs, and why. `term` is the text's own spelling."""

    kind: Kind
    term: str
    start: int
    end: int
    belongs_in: Place
    sentence: str


# Phrases first divided by commas. A trailing + also finds the plural; a/o also finds the Spanish feminine.
_SUBSTANCES = """
alcohol, alcoholic drink+, alcoholic beverage+, beer+, wine, vodka, whisky, whiskey, liquor, tequila, rum, gin,
drunk, drunken, drunkenness, intoxicated, intoxication, inebriated, hungover, been drinking, drinking again,
drinking heavily, stopped drinking, started drinking, drinking problem, heavy drinker, problem drinker, dui, dwi,
drug+, narcotic+, opioid+, opiate+, fentanyl, heroin, morphine, codeine, tramadol, oxycodone, oxycontin, hydrocodone,
percocet, vicodin, xylazine, kratom, cocaine, on coke, using coke, snorting coke, snorted coke, crack cocaine,
crack pipe, smoking crack, smoked crack, smokes crack, meth, crystal meth, methamphetamine+, amphetamine+, speedball,
mdma, took ecstasy, taking ecstasy, lsd, phencyclidine, angel dust, ketamine, cannabis, marijuana, thc, smoking weed,
smoked weed, smokes weed, smoking pot, smoked pot, smokes pot, synthetic cannabinoid+, inhalant+, huffing,
benzo+, benzodiazepine+, xanax, paraphernalia, shooting up, used needles, withdrawal symptoms, in withdrawal,
buprenorphine, suboxone, subutex, sublocade, methadone, naltrexone, vivitrol, naloxone, narcan, antabuse, disulfiram,
acamprosate, addiction+, addicted, sud, substance use, substance abuse, substance misuse, substance use disorder+,
sober, sobriety, clean and sober, in recovery,
borracha/o, borrachos, ebria/o, embriagada/o, cerveza+, droga+, drogada/o, cocaína, heroína, fentanilo, metadona,
metanfetamina+, anfetamina+, marihuana, mariguana, opioide+, opiáceo+, adicción, adicciones, adicta/o, buprenorfina,
naloxona, consumo de sustancias
"""
_SUD_PROGRAMMES = """
detox, detoxed, detoxing, detoxification, rehab, drug rehab, rehab centre, rehab center, methadone clinic+,
methadone program, methadone programme, methadone maintenance, suboxone clinic+, opioid treatment,
opioid treatment program, opioid treatment programme, medication assisted treatment, mat program, mat programme, moud,
sud program, sud programme, sud treatment, sud clinic, substance use treatment, substance use program,
substance use programme, substance abuse treatment, substance abuse program, substance abuse programme, drug treatment,
drug court, drug program, drug programme, drug counsellor, drug counselor, addiction treatment, addiction medicine,
addiction clinic, alcoholics anonymous, narcotics anonymous, aa meeting+, na meeting+, aa sponsor, al anon, twelve step,
twelve steps, 12 step, 12 steps, sober living, sober house, sober home, sobering centre, sobering center,
sobering station, recovery house, recovery home, needle exchange, syringe exchange, harm reduction,
desintoxicación, centro de rehabilitación, clínica de metadona, alcohólicos anónimos, narcóticos anónimos
"""
_DIAGNOSES = """
schizophrenia, schizophrenic+, schizoaffective, schizophreniform, bipolar, bipolar disorder, manic depressive,
manic depression, manic episode, psychosis, psychotic, ptsd, post traumatic stress disorder, depression,
major depression, clinical depression, depressive disorder, anxiety disorder, panic disorder, mood disorder, ocd,
obsessive compulsive disorder, eating disorder, anorexia, anorexic, bulimia, bulimic, delusional disorder,
personality disorder+, borderline personality, borderline personality disorder, antisocial personality,
narcissistic personality, adhd, autism, autistic, asperger, aspergers, dementia, alzheimer, alzheimers,
intellectual disability, conduct disorder, oppositional defiant disorder, tourette, tourettes, hiv, hiv positive,
hepatitis, diagnosed with, diagnosis of, axis ii,
esquizofrenia, esquizofrénica/o, trastorno bipolar, trastorno+, psicosis, psicótica/o, demencia, autismo, autista+,
depresión, bulimia, vih, diagnosticada/o con
"""
_SUD_DIAGNOSES = """
dual diagnosis, dually diagnosed, co occurring disorder+, alcohol use disorder, opioid use disorder,
stimulant use disorder, alcohol dependence, opioid dependence, delirium tremens
"""
_THIRD_PARTIES = """
mother+, mom+, mum+, mommy, father+, dad+, daddy, parent+, stepmother, stepfather, stepson, stepdaughter,
grandmother+, grandfather+, grandma, grandpa, grandparent+, grandson, granddaughter, sister+, brother+, sibling+,
daughter+, his son, her son, their son, the son, my son, his sons, her sons, their sons, wife, husband+, spouse+,
girlfriend+, boyfriend+, fiancé, fiancée, domestic partner, aunt+, uncle+, cousin+, niece+, nephew+, in laws,
neighbour+, neighbor+, roommate+, flatmate+, housemate+, landlord+, landlady, reporting party, complainant+,
informant+, tipster, anonymous caller, asked not to be named, wants to stay anonymous, told us in confidence,
said in confidence,
madre+, mamá, padre+, su papá, hermana/o, hermanas, hermanos, hija/o, hijas, hijos, esposa/o, marido, novia/o,
abuela/o, tía+, tío+, suegra/o, madrastra, padrastro, vecina/o, vecinas, vecinos, casera/o, denunciante+
"""
_LABELS = """
frequent flyer+, frequent flier+, chronic, chronically, non compliant, noncompliant, non compliance, noncompliance,
edp+, emotionally disturbed, excited delirium, superhuman strength, crazy, insane, lunatic+, psycho+, nutcase,
nut job, nutjob, mental case, head case, manipulative, attention seeking, attention seeker, malingering, malingerer,
retard, retarded, vagrant+, the mentally ill, committed suicide, failed suicide attempt, failed attempt,
loca/o, locas, locos, lunática/o, demente+, enferma/o mental, retrasada/o mental
"""
_SUD_LABELS = """
addict+, drug addict+, alcoholic+, drunkard+, wino+, junkie+, junky, druggie+, tweaker+, crackhead+, pothead+, stoner+,
drug abuser+, drug user+, substance abuser+, alcohol abuser+, drug seeking, drug seeker, dirty urine, dirty drug test,
drogadicta/o, alcohólica/o
"""
_HARMLESS = """
alcohol gel, alcoholic gel, alcohol wipe+, alcohol swab+, alcohol pad+, rubbing alcohol, alcohol based, alcohol free,
non alcoholic, gel alcohólico, gel de alcohol, alcohol en gel, drug store+, drug allergy, drug allergies,
prescription drug+, had drunk, has drunk, have drunk, drunk water, ginger beer, root beer, non alcoholic beer,
wine glass, wine glasses, beer garden, physical rehab, cardiac rehab, stroke rehab, knee rehab, in recovery position,
in recovery room, in recovery from, chronic pain, chronic illness, chronic cough, chronic condition+, chronic disease+,
mother tongue+, mother nature, mother s day, father s day, father christmas, sister agency, sister agencies,
sister city, sister station, brother officer+, parent company, parent agency, economic depression,
tropical depression, crazy golf, crazy paving
"""

_SUD_SENTENCE = (
    "This tells of substance use. Move it to the SUD segment; left here, it counts as Part 2 data (P-14)."
)
_PROGRAMME_SENTENCE = (
    "This names a SUD programme. Move it to the SUD segment; left here, it counts as Part 2 data (P-14)."
)
_DIAGNOSIS_SENTENCE = (
    "This is a diagnosis. Say what was seen and heard; a diagnosis belongs in the narrative (P-6)."
)
_THIRD_PARTY_SENTENCE = (
    "This tells of somebody else. Who reported and what the family said belong in the narrative (P-13)."
)
_LABEL_SENTENCE = "This is a label of the person. Say what was seen and heard (P-6)."
_SUD_LABEL_SENTENCE = (
    "This labels the person and tells of substance use. Say it otherwise, in the SUD segment (P-6, P-14)."
)

# Later entries win: what is harmless is last.
_LISTS: tuple[tuple[str, tuple[Kind, Place, str] | None], ...] = (
    (_THIRD_PARTIES, (Kind.THIRD_PARTY, Place.NARRATIVE, _THIRD_PARTY_SENTENCE)),
    (_DIAGNOSES, (Kind.DIAGNOSIS, Place.NARRATIVE, _DIAGNOSIS_SENTENCE)),
    (_SUD_DIAGNOSES, (Kind.DIAGNOSIS, Place.SUD_SEGMENT, _SUD_SENTENCE)),
    (_SUBSTANCES, (Kind.SUBSTANCE, Place.SUD_SEGMENT, _SUD_SENTENCE)),
    (_SUD_PROGRAMMES, (Kind.SUD_PROGRAMME, Place.SUD_SEGMENT, _PROGRAMME_SENTENCE)),
    (_LABELS, (Kind.STIGMA, Place.NOWHERE, _LABEL_SENTENCE)),
    (_SUD_LABELS, (Kind.STIGMA, Place.SUD_SEGMENT, _SUD_LABEL_SENTENCE)),
    (_HARMLESS, None),
)
# A combining accent belongs to its letter, however the keyboard wrote it.
_WORD = re.compile(r"[\w\u0300-\u036f]+")
_BETWEEN = re.compile(r"[\s\-‐‑'’]{1,3}")
Words = tuple[str, ...]


def findings(text: str) -> tuple[Finding, ...]:
    """What the word lists find in `text`, in its order and without overlaps; the longest phrase wins."""
    words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    bare = [_bare(text[start:end]) for start, end in words]
    found: list[Finding] = []
    position = 0
    while position < len(words):
        length, meaning = _longest(text, words, bare, position)
        if meaning:
            kind, place, sentence = meaning
            start, end = words[position][0], words[position + length - 1][1]
            found.append(Finding(kind, text[start:end], start, end, place, sentence))
        position += length
    return tuple(found)


def tells_of_substance_use(text: str) -> bool:
    """Whether the text holds words of the SUD segment; until somebody moves them it counts as Part 2 (P-14)."""
    return any(finding.belongs_in == Place.SUD_SEGMENT for finding in findings(text))


def _longest(
    text: str, words: list[tuple[int, int]], bare: list[str], position: int
) -> tuple[int, tuple[Kind, Place, str] | None]:
    for phrase, meaning in _BY_FIRST_WORD.get(bare[position], ()):
        last = position + len(phrase)
        if tuple(bare[position:last]) == phrase and all(
            _BETWEEN.fullmatch(text, words[at][1], words[at + 1][0]) for at in range(position, last - 1)
        ):
            return len(phrase), meaning
    return 1, None


def _bare(word: str) -> str:
    """Without case and accents."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFD", word.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))


def _phrases(listed: str) -> Iterator[Words]:
    for entry in listed.split(","):
        words = " ".join(_bare(entry).split())
        if words.endswith("+"):
            yield tuple(words[:-1].split())
            words = words[:-1] + "s"
        for ending in "ao" if "a/o" in words else "":
            yield tuple(words.replace("a/o", ending).split())
        if "a/o" not in words:
            yield tuple(words.split())


def _index() -> dict[str, list[tuple[Words, tuple[Kind, Place, str] | None]]]:
    meanings = {phrase: meaning for listed, meaning in _LISTS for phrase in _phrases(listed)}
    by_first: dict[str, list[tuple[Words, tuple[Kind, Place, str] | None]]] = {}
    for phrase in sorted(meanings, key=len, reverse=True):
        by_first.setdefault(phrase[0], []).append((phrase, meanings[phrase]))
    return by_first


_BY_FIRST_WORD = _index()
