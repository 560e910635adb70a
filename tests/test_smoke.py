import pytest
@pytest.mark.django_db
def test_migrates():
    from django.db import connection
    from continuity.disclosures.models import LedgerEntry
    assert LedgerEntry.objects.count()==0
    with connection.cursor() as c:
        c.execute("select current_user"); print(c.fetchone())
