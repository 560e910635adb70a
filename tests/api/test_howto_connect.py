"""The example of docs/howto/connect-a-program.md, run as it stands against a server."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from continuity.agencies.machines import register_client
from continuity.agencies.models import MachineClient
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.api.machines import TOKEN, administrator

HOWTO = Path(settings.BASE_DIR) / "docs/howto/connect-a-program.md"


def test_the_example_gets_a_token_and_asks_with_it(transactional_db: None, live_server: Any, capsys: Any):
    make_keys, ask = re.findall(r"```python\n(.*?)```", HOWTO.read_text(), re.DOTALL)
    program: dict[str, Any] = {"token_address": live_server.url + TOKEN}
    exec(make_keys, program)  # our own document
    assert '"kid": "cad-2026-11"' in capsys.readouterr().out
    police = b.agency("kestrel-police", "police")
    client = register_client(
        by=administrator(police),
        name="CAD",
        jwks=program["key_set"],
        scopes=["hand_offs.write", "contacts.read", "contacts.write"],
        at=timezone.now(),
    )
    program["client_id"] = client.application.client_id
    exec(ask, program)  # as above
    assert program["answer"].json()["scope"] == "hand_offs.write contacts.read"
    assert program["contacts"].json() == {"results": [], "next": None}
    assert MachineClient.objects.get().last_used_at is not None
    assert LedgerEntry.objects.get().asker_id == client.membership_id
