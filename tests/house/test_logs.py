"""The watch over the suite's own log lines sees what it should, and the site's loggers say no more than they may."""

import logging

import pytest
from django.conf import settings
from django.db import connection
from django.template import Context, Template
from django.test import Client

from tests.cast import ABOUT_SAM, Cast, signed_in
from tests.log_watch import LOGGERS, Watch

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", [*LOGGERS, "continuity.people", "django.request", "celery.task"])
def test_name_in_a_line_of_any_logger_is_seen(log_watch: Watch, name: str):
    """It must be able to fail: one is planted."""
    logging.getLogger(name).debug("looked up %s", "Sam Testcase")
    assert log_watch.found.pop().endswith("looked up Sam Testcase")


def test_name_in_a_traceback_is_seen(log_watch: Watch):
    try:
        raise ValueError("Testcase")
    except ValueError:
        logging.getLogger("continuity.lookup").exception("failed")
    assert "ValueError: Testcase" in log_watch.found.pop()


def test_what_was_typed_is_not_logged_with_a_refusal(log_watch: Watch, cast: Cast):
    """Not with a question that is refused, an address that does not exist, a form without its token."""
    before = log_watch.lines
    browser = signed_in(cast.reyes, Client(enforce_csrf_checks=True))
    assert browser.post("/api/v1/lookups/", ABOUT_SAM, content_type="application/json").status_code == 403
    assert browser.get("/nowhere/?last=Testcase").status_code == 404
    assert browser.post("/lookup/", ABOUT_SAM).status_code == 403
    assert log_watch.lines >= before + 3
    assert not log_watch.found


def test_statements_and_templates_are_not_quoted_at_the_chattiest_level(log_watch: Watch):
    connection.force_debug_cursor = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::text", ["Testcase"])
    finally:
        connection.force_debug_cursor = False
    Template("{{ person.missing.name }}").render(Context({"person": {"name": "Testcase"}}))
    assert not log_watch.found
    assert settings.LOGGING["loggers"]["django.template"] == {"level": "INFO"}
