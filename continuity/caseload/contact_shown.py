"""The contact form as its page shows it: sections, questions, chips. Holds no rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from continuity.agencies.models import Membership
from continuity.caseload import contact_fields as fields
from continuity.caseload.contact_fields import Coded, Fold, Typed
from continuity.caseload.contact_form import Values
from continuity.crisis.models import CrisisContact


@dataclass(frozen=True)
class Chip:
    code: str
    is_on: bool


@dataclass(frozen=True)
class Question:
    """One question with its answer; `elsewhere` is what another tab saved at it meanwhile."""

    name: str
    legend: str
    kind: str
    many: bool = False
    chips: tuple[Chip, ...] = ()
    more: tuple[Chip, ...] = ()
    text: str = ""
    most: int | None = None
    hint: str = ""
    error: str = ""
    is_usual: bool = False
    elsewhere: tuple[str, ...] = ()

    @property
    def more_is_open(self) -> bool:
        return any(chip.is_on for chip in self.more)

    @property
    def said(self) -> list[str]:
        return [chip.code for chip in (*self.chips, *self.more) if chip.is_on]


@dataclass(frozen=True)
class Part:
    """A question, or a fold of several with a title; it is closed while nothing in it is wrong."""

    questions: tuple[Question, ...]
    title: str = ""

    @property
    def is_open(self) -> bool:
        return any(one.error or one.elsewhere for one in self.questions)

    @property
    def usual(self) -> list[tuple[str, str]]:
        """What was chosen beforehand, as the closed fold tells it: question and code."""
        return [(one.name, code) for one in self.questions if one.is_usual for code in one.said]


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    parts: tuple[Part, ...]


# Asked of every call; the rest is asked when it matters. What must be answered is the model's to say.
WANTED = frozenset({*CrisisContact.REQUIRED, "reporter_relationship", "weapon_in_hand", "decision"})


@dataclass(frozen=True)
class FormPage:
    """The answers, what is wrong with them, and who is asked."""

    values: Values
    duty: Membership
    errors: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def sections(self) -> tuple[Section, ...]:
        return tuple(
            Section(section.key, section.title, tuple(filter(None, map(self._part, section.parts))))
            for section in fields.SECTIONS
        )

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """What is wrong, for the list above the form: field, its label, the sentence."""
        return [(name, fields.label_of(name), told) for name, told in self.errors.items()]

    @property
    def triage(self) -> tuple[Question, ...]:
        return tuple(self._question(question) for question in fields.TRIAGE)

    def _part(self, part: Coded | Typed | Fold) -> Part | None:
        inside = part.parts if isinstance(part, Fold) else (part,)
        shown = tuple(self._question(one) for one in inside if fields.is_offered(one.name, self.duty))
        title = part.title if isinstance(part, Fold) else ""
        return Part(shown, title) if shown else None

    def _question(self, question: Coded | Typed) -> Question:
        answer = self.values.get(question.name, [])
        error = self.errors.get(question.name, "")
        elsewhere = tuple(self.elsewhere.get(question.name, ()))
        if isinstance(question, Typed):
            return Question(
                question.name,
                question.label,
                question.kind,
                text=answer[0] if answer else "",
                most=question.most,
                hint=question.hint,
                error=error,
                elsewhere=elsewhere,
            )
        chips = tuple(Chip(code, code in answer) for code in fields.codes_of(question, self.duty))
        first = fields.often(question)
        return Question(
            question.name,
            question.legend,
            "many" if question.many else "one",
            many=question.many,
            chips=chips[:first],
            more=chips[first:],
            hint=question.hint,
            error=error,
            is_usual=bool(answer) and answer == fields.usual(self.duty).get(question.name),
            elsewhere=elsewhere,
        )
