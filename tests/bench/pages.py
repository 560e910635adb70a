"""How many statements a page takes, and how long: one reader in one process, without the network."""

import time
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client

from continuity.agencies.models import Membership
from tests.bench.figures import Run
from tests.cast import signed_in


def time_page(page: str, reader: Membership, each: int) -> tuple[int, Run, int]:
    """Ask for a page `each` times: its statements, its times, its bytes."""
    browser = signed_in(reader, Client(SERVER_NAME="localhost"))
    for _ in range(3):
        answer = browser.get(page)
    assert answer.status_code == 200, f"{page}: {answer.status_code}"
    asked: list[str] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        answer = browser.get(page)
    times = []
    for _ in range(each):
        begun = time.perf_counter()
        browser.get(page)
        times.append(time.perf_counter() - begun)
    return len(asked), Run(times, sum(times) or timedelta.resolution.total_seconds()), len(answer.content)
