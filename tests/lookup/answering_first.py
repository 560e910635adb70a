"""The site with a planted fault, for gunicorn: it answers first and commits the ledger row afterwards."""

from tests.lookup.served import application as site

# isort: split
# Models are there only after the site.
from tests.lookup.crashing import answer_first

application = answer_first(site)
