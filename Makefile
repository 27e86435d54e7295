# Two commands: `make run` shows the demo city in a browser, `make test` proves that it works.
# Both need only Python 3.11+, make and git. `make help` lists the rest.

PYTHON ?= python3
VENV   := .venv
# Test processes side by side; each has a database server of its own.
WORKERS ?= 2
PY     := $(VENV)/bin/python

# Packages are installed uncompiled, so Python has to keep what it compiles: every start of dbt would otherwise take
# more than a second longer, of a page server as well.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test security lint audit docs bundle bundle-test stop reset clean browser

help:
	@echo "make run    the demo city on http://localhost:8501 (Ctrl-C stops everything)"
	@echo "make test   every test, browser included"
	@echo "make lint   style, types, SQL, imports that run one way; known faults of packages where the service answers"
	@echo "make audit        known faults of the pinned packages; fails where nobody can be asked"
	@echo "make security     10,000 hostile messages to the pages over the websocket (minutes)"
	@echo "make docs         every model and column as one page, dist/models.html (needs a build)"
	@echo "make bundle       everything an installation without a network needs, in one file in dist/"
	@echo "make bundle-test  pack it, install it and open a page where there is no network (root; minutes)"
	@echo "make stop   stop the embedded database"
	@echo "make reset  forget the demo's data and start over at the next run"

# A folder for Python packages, and what puts some into it. They are not compiled beforehand: most of what they
# bring is never imported. The pip that Python 3.11 brings takes twice as long as the one that is pinned.
pip_install = $(PY) -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt
define install
	@echo "== Python packages (once, a minute or two) =="
	@$(PYTHON) -c 'import sys; sys.exit("Closedloop needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(pip_install) pip
	$(pip_install)
endef

$(VENV)/.installed: requirements.txt constraints.txt
	$(install) -r requirements.txt
	@touch $@

# All at once: after one another, pip would look at everything twice.
$(VENV)/.installed-dev: requirements.txt requirements-dev.txt constraints.txt
	$(install) -r requirements.txt -r requirements-dev.txt
	@touch $(VENV)/.installed $@

run: $(VENV)/.installed
	@exec $(PY) -m closedloop run

test: $(VENV)/.installed-dev browser lint
	$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# Another seed says other things: the day's unless one is given. What is found names the seed it was found with.
security: $(VENV)/.installed-dev
	SECURITY_MESSAGES=10000 SECURITY_SEED=$${SECURITY_SEED:-$$(date +%Y%m%d)} $(PY) -m pytest -s -o timeout=7200 tests/wire

lint: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/pyrefly check --summary=none
	$(VENV)/bin/lint-imports
	$(VENV)/bin/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests
	$(PY) deploy/audit.py --where-reachable

audit: $(VENV)/.installed-dev
	$(PY) deploy/audit.py

# The browser tests need Chromium and a Chinese font, the PostgreSQL 15 lane a Debian server.
# Installed where apt may; elsewhere those lanes say that they are skipped.
browser:
	@tests/install_debian_parts.sh

docs: $(VENV)/.installed
	@$(PY) -m closedloop docs

bundle: $(VENV)/.installed browser
	@$(PY) deploy/bundle.py

bundle-test: $(VENV)/.installed-dev browser
	$(PY) -m pytest -m bundle tests/deploy

stop:
	@$(PY) -m closedloop down

reset:
	@$(PY) -m closedloop reset

clean: stop
	rm -rf $(VENV) .closedloop
