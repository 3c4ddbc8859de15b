# What can be done here? `make help` tells.

VENV := .venv
PY := $(VENV)/bin/python
# The first Python that is new enough; its absence is said below.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo "$$p" && break; done)
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
WORKERS ?= 2
ARGS ?=

RUN_READY := $(VENV)/.ready-run
DEV_READY := $(VENV)/.ready-dev

.DEFAULT_GOAL := help
.PHONY: help run test bench chaos lint format types imports check lock lock-check audit schema messages clean
.DELETE_ON_ERROR:

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done
	@echo
	@echo '  Variables: PORT VAR_DIR SCENARIO DATABASE_URL REDIS_URL CENTRAL_URL ... (.env.example)'
	@echo '  ARGS: passed on, as in  make test ARGS="-k ledger"'

run: $(RUN_READY) ## set up and run the whole system; Ctrl-C stops it; data stay in var/
	@exec $(PY) -m ektp_project.embedded

test: $(DEV_READY) ## set up and run every test (or ARGS="tests/unit -k nik")
	@exec $(PY) -m pytest -n $(WORKERS) $(ARGS)

bench: $(DEV_READY) ## print every benchmark table (or ARGS="ledger")
	@exec $(PY) -m ektp_project.embedded.temporary $(PY) -m benchmarks $(ARGS)

chaos: $(DEV_READY) ## inject a thousand faults and print what they cost (ARGS="--seed 7 --faults 100 --only printer")
	@$(PY) -m tests.chaos $(ARGS)
	@MODEL_EXAMPLES=200 MODEL_STEPS=40 $(PY) -m pytest -q --timeout 3600 tests/integration/printing/test_line_model.py

lint: $(DEV_READY) ## ruff: rules and format
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

format: $(DEV_READY) ## let ruff repair what it can
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

types: $(DEV_READY) ## mypy
	@EKTP_DEMO=1 DATABASE_URL=postgres://nowhere/none REDIS_URL=redis://nowhere/0 $(PY) -m mypy

imports: $(DEV_READY) ## import-linter: the floors of DESIGN.md
	@EKTP_DEMO=1 DATABASE_URL=postgres://nowhere/none REDIS_URL=redis://nowhere/0 $(VENV)/bin/lint-imports

check: lint types imports lock-check ## everything but the tests

# The four --no-emit flags keep the addresses of whoever locks out of the lock.
LOCK := $(PY) -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options
lock: $(DEV_READY) ## lock requirements*.in into requirements*.txt (UPGRADE=--upgrade for newer ones)
	@for part in requirements requirements-demo requirements-dev; do $(LOCK) $(UPGRADE) "$$part.in" -o "$$part.txt" || exit 1; done
	@$(MAKE) --no-print-directory lock-check

lock-check: ## no address of a package index in any lock
	@! grep -nE '://|--index|--find-links|--extra-index|--trusted-host' requirements*.txt

schema: $(DEV_READY) ## write the interface's schema into docs/openapi.yaml
	@EKTP_DEMO=1 DATABASE_URL=postgres://nowhere/none REDIS_URL=redis://nowhere/0 $(PY) -W ignore manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn

audit: $(DEV_READY) ## known holes in what is locked (asks pypi.org)
	@$(VENV)/bin/pip-audit --requirement requirements.txt --require-hashes --disable-pip --progress-spinner off

messages: $(DEV_READY) ## collect the texts for translation and compile the catalogues
	@EKTP_DEMO=1 DATABASE_URL=postgres://nowhere/none REDIS_URL=redis://nowhere/0 $(PY) manage.py makemessages -l en --no-obsolete --no-wrap --add-location=file --ignore .venv --ignore var --ignore tests --ignore benchmarks
	@EKTP_DEMO=1 DATABASE_URL=postgres://nowhere/none REDIS_URL=redis://nowhere/0 $(PY) manage.py compilemessages --ignore .venv --ignore var

# What can be made again; var/ holds data and is only ever removed by hand.
clean: ## remove .venv and caches; the data in var/ stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- The virtual environment: made once, and again when a lock has changed ------------------------

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; found: $$(python3 --version 2>&1 || echo none)."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) lacks the venv module. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUN_READY): $(VENV)/.made requirements.txt requirements-demo.txt
	@echo "Installing what it takes to run (some minutes the first time) ..."
	@$(PIP) -r requirements.txt -r requirements-demo.txt
	@touch $@

$(DEV_READY): $(VENV)/.made requirements.txt requirements-demo.txt requirements-dev.txt
	@echo "Installing what it takes to test (some minutes the first time) ..."
	@$(PIP) -r requirements.txt -r requirements-dev.txt
	@touch $@ $(RUN_READY)
