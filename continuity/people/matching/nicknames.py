"""Which given names stand for which: Bill for William, Chuy for Jesús."""

from collections import defaultdict
from functools import cache, lru_cache

from nicknames import NickNamer

# What the English list does not know: a full name in normal form, and what those who bear it are called.
_MORE = """
alberto beto al | alejandra ale sandra alex jandra | alejandro ale alex jandro | aleksandr sasha alex
alfonso poncho al | alfredo fredo fred | anastasia nastya stacy | andres andy | antonio tono tony | arturo turo art
beatriz bety betty | carlos charlie charly carlitos | catalina cata cathy | concepcion concha conchita | consuelo chelo
cristina cris tina | cristobal cris | dmitri dima | dolores lola | eduardo lalo eddie ed | elena lena nena
enrique quique kike henry | ernesto neto ernie | esteban steve | federico fede fred | felipe pipe phil
fernando nando fer | francisca paca pancha | francisco paco pancho kiko frank cisco | gabriela gaby
gerardo lalo gerry | gilberto beto gil | graciela chela grace | gregorio goyo greg | guadalupe lupe lupita
guillermo memo bill | gustavo gus tavo | hector tito | humberto beto | ignacio nacho | isabel chabela isa bel
ivan vanya | javier javi | jesus chuy chucho | joaquin quino | jorge george coque | jose pepe chepe joe joseph
josefina fina pepa josie | juan john johnny juanito | leticia lety | lorenzo lencho larry | lourdes lulu
luis lucho louie | manuel manolo manny meno | marcos mark | margarita mago margot | maria mari mary
mauricio mau | mercedes meche | miguel mike micky | mikhail misha mike | mohamed mo moe | mohammed mo moe
muhammad mo moe | natalia nati natasha | nikolai kolya nick | olga olya | pablo paul | patricia paty pati
pedro pete perico | rafael rafa ralph | ramon moncho ray | raul rulo | refugio cuca cuco | ricardo rick ricky richie
roberto beto rob bob | rodolfo fito rudy | rosario chayo | salvador chava sal | santiago santi chago jim
sergio checo | socorro coco | teresa tere teresita | tomas tom | veronica vero | vicente chente vince
vladimir vlad vova | yolanda yoli
"""


@cache
def _known() -> NickNamer:
    return NickNamer()


@cache
def _more() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Full names by what is said for them, and the other way round."""
    formal: dict[str, set[str]] = defaultdict(set)
    short: dict[str, set[str]] = defaultdict(set)
    for line in _MORE.replace("\n", "|").split("|"):
        full, *called = line.split() or [""]
        short[full].update(called)
        for name in called:
            formal[name].add(full)
    return formal, short


@lru_cache(maxsize=1 << 14)
def formal_names(given: str) -> frozenset[str]:
    """The full names that a given name in normal form may stand for, without itself."""
    return frozenset(_known().canonicals_of(given) | _more()[0].get(given, set())) - {given}


@lru_cache(maxsize=1 << 14)
def short_names(given: str) -> frozenset[str]:
    """What somebody of this given name may be called, without itself."""
    return frozenset(_known().nicknames_of(given) | _more()[1].get(given, set())) - {given}


@lru_cache(maxsize=1 << 14)
def is_given_name(word: str) -> bool:
    """Whether it is a name of its own, so that it is hardly another one mistyped."""
    return bool(formal_names(word) or short_names(word))


@lru_cache(maxsize=1 << 16)
def one_may_be_called_the_other(one: str, other: str) -> bool:
    """Bob and Robert, or Bob and Rob."""
    return (
        one in formal_names(other)
        or other in formal_names(one)
        or not formal_names(one).isdisjoint(formal_names(other))
    )
