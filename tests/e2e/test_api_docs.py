"""The documentation page of the API works under the site's own content security policy."""

import pytest

from tests.e2e.conftest import DESK

pytestmark = pytest.mark.e2e


def test_an_engineer_reads_the_api(county, open_tab):
    tab = open_tab(DESK)
    tab.sign_in("reyes")
    tab.go("/api/v1/docs/")
    tab.page.locator("[data-path='/api/v1/amendments/']").first.wait_for()  # further ones when scrolled to
    tab.shoot("api-docs")
