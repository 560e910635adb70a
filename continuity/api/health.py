"""Is the process alive, and may it be sent traffic?"""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from continuity.disclosures.seals import is_behind
from continuity.disclosures.second_wall import stands
from continuity.disclosures.tasks import has_partition
from continuity.people.rebuilding import is_current


@login_not_required
def livez(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nothing of database or queue."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when a look-up could be answered and ledgered now; 503 with the failing checks otherwise."""
    checks: dict[str, Callable[[], bool]] = {
        "database": _database_answers,
        "ledger_partition": lambda: has_partition(timezone.now()),
        "ledger_seals": lambda: not is_behind(timezone.now()),
        "match_index": is_current,
        "second_wall": stands,
        "redis": _redis_answers,
    }
    results = {name: _passes(check) for name, check in checks.items()}
    # Without Redis questions are still answered (the throttle says so in the log), seals are made up for, and the gate
    # stands without the wall behind it: none of them stops traffic.
    # An index of another secret would find nobody, and nobody would know: silence must not mean safe (P-22).
    ready = results["database"] and results["ledger_partition"] and results["match_index"]
    return JsonResponse(
        {"ready": ready, **{name: "ok" if ok else "failing" for name, ok in results.items()}},
        status=200 if ready else 503,
    )


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:
        return False


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return True


def _redis_answers() -> bool:
    cache.get("readyz")
    return True
