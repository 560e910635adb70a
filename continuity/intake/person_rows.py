"""People: a line in, a row out, or a RowError. Pure."""

from continuity.intake.cells import Cells, RowError
from continuity.intake.rows import FUTURE, PersonRow, Surroundings
from continuity.people.matching import normalise
from continuity.people.models import PersonName
from continuity.people.services import Name


def person(cells: Cells, around: Surroundings) -> PersonRow:
    """A person as the source has them: asserted, no identifier verified, nothing said about care."""
    birth_date = cells.day_if_any("dob")
    if birth_date and birth_date > around.at.date():
        raise RowError("dob", FUTURE)
    official = Name(
        first=cells.text("first_name", 80),
        middle=cells.text("middle_name", 80),
        last=cells.text("last_name", 80, required=True),
        suffix=cells.text("suffix", 10),
    )
    aliases = [_alias(text, official) for text in cells.texts("aliases", 80)]
    lines = {
        "line": ("address", 120),
        "city": ("city", 60),
        "postal_code": ("zip", 10),
        "state": ("state", 2),
    }
    address = {name: cells.text(*column) for name, column in lines.items()}
    phone = cells.text("phone", 20)
    return PersonRow(
        key=cells.text("person_id", 60, required=True),
        fields={"birth_date": birth_date, "sex": cells.text("sex", 20)},
        names=tuple(dict.fromkeys([official, *aliases])),
        phones=(phone,) if phone else (),
        identifiers=cells.texts("external_ids", 60),
        address=tuple(address.items())
        if address["line"] or address["city"] or address["postal_code"]
        else (),
    )


def _alias(text: str, official: Name) -> Name:
    """A word alone is a nickname; otherwise the official name tells where the surname starts, else the first space."""
    words = text.split()
    if len(words) == 1:
        return Name(first="", last=text, use=PersonName.Use.NICKNAME)
    first, last = normalise(official.first), normalise(official.last)
    likely = (
        at
        for at in range(1, len(words))
        if normalise(" ".join(words[:at])) == first or normalise(" ".join(words[at:])) == last
    )
    at = next(likely, 1)
    return Name(first=" ".join(words[:at]), last=" ".join(words[at:]), use=PersonName.Use.ALIAS)
