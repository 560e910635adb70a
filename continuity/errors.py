"""What the domain says when it will not: one error with a code, a sentence and a field, in four kinds."""

from collections.abc import Sequence


class DomainError(Exception):
    """A refusal that a person can act on.

    `code` is stable and for programs, `detail` is a plain sentence, `field` names the input at fault
    ("" when none is). None of the three may hold personal data: errors reach logs and screens.
    """

    def __init__(self, code: str, detail: str, *, field: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.field = field


class NotAllowed(DomainError):
    """The member may not do this, whoever the person is."""


class NotFound(DomainError):
    """There is no such thing for this member; absent and forbidden are the same words (P-3)."""


class Invalid(DomainError):
    """The input breaks a rule of the domain."""


class Incomplete(Invalid):
    """Several things are wrong at once; `errors` names each at its field."""

    def __init__(self, errors: Sequence[Invalid]) -> None:
        super().__init__(errors[0].code, errors[0].detail, field=errors[0].field)
        self.errors = tuple(errors)


class Conflict(DomainError):
    """The thing is not in a state that admits this, or somebody else was quicker."""


class Stale(Conflict):
    """The thing was changed since the caller read it."""

    def __init__(self) -> None:
        super().__init__("changed_meanwhile", "Somebody changed this since you opened it. Look at it again.")
