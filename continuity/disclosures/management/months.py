from argparse import ArgumentTypeError
from datetime import date


def month(text: str) -> date:
    """The first day of the month that a command was given, such as 2026-01."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ArgumentTypeError("a month such as 2026-01") from None
