"""What the demo says when it starts: where to go, as whom, whom to ask about and what to expect."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from continuity.intake.demo import DemoSummary
from continuity.intake.demo_county import ACCOUNTS, AGENCIES
from continuity.intake.demo_people import INCIDENT, PEOPLE_TO_TRY


def show(console: Console, summary: DemoSummary, *, url: str, password: str) -> None:
    """Print the demo's one page; the password is shown here and nowhere else."""
    console.print()
    console.print(Text("Continuity demo: everybody and everything in it is made up", style="bold"))
    console.print(
        f"{summary.people} people, {summary.contacts} contacts, {summary.agencies} agencies of a county that does "
        "not exist. Put nothing real into it.\n",
        highlight=False,
    )
    console.print(_doors(url, password))
    console.print(Text("\nAccounts, one for each role", style="bold"))
    console.print(_accounts())
    console.print(Text("\nPeople to try", style="bold"))
    console.print(
        f"Type incident number [bold]{INCIDENT}[/] (as an officer or dispatcher), last name, first name and birth "
        "date exactly so:",
        highlight=False,
    )
    console.print(_people())


def _doors(url: str, password: str) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("Open", Text(url, style="bold"))
    table.add_row("Password", Text(password, style="bold"))
    table.add_row("", "the same for every account, and a new one with each start")
    table.add_row("Code", "the second step shows it: nobody has a real device here")
    table.add_row("Stop", "Ctrl-C; the data are kept for the next start")
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, overflow="fold", no_wrap=place == 0)
    return table


def _accounts() -> Table:
    table = _table("User name", "Role, agency", "Try")
    for account in ACCOUNTS:
        if account.to_try:
            posts = [f"{post.role.replace('_', ' ')}, {AGENCIES[post.part][1]}" for post in account.posts]
            table.add_row(Text(account.username, style="bold"), "\n".join(posts), account.to_try)
    return table


def _people() -> Table:
    table = _table("Last name", "First name", "Birth date", "As", "What happens")
    for person in PEOPLE_TO_TRY:
        table.add_row(
            Text(person.last, style="bold"),
            person.first,
            person.typed_birth_date,
            person.asked_by,
            person.expect,
        )
    return table
