# One entry for everything a person does here; `make` lists it. Written for GNU make 3.81 and later.

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
# The first interpreter that is new enough, for the virtual environment; `make PYTHON=…` names another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

PORT ?= 8000
# Who may reach the demo: only this machine, unless `make demo BIND=0.0.0.0 DEMO_HOSTS=…` says otherwise.
BIND ?= 127.0.0.1
DEMO_HOSTS ?= localhost,127.0.0.1,[::1]
DEMO_DATABASE_URL ?= sqlite:///var/demo/db.sqlite3
WORKERS ?= 2
THREADS ?= 4

# The demo is the production server with what a visit to one's own machine needs: no HTTPS, a secret of its own.
DEMO := DEBUG=off HTTPS=off SECRET_KEY= SECRET_KEY_FILE=var/demo/secret-key DATABASE_URL=$(DEMO_DATABASE_URL) \
	CACHE_URL=locmemcache:// EMAIL_URL=consolemail:// ALLOWED_HOSTS=$(DEMO_HOSTS) CSRF_TRUSTED_ORIGINS= \
	TRUSTED_PROXIES=0 MEDIA_ROOT=var/demo/media STATIC_ROOT=var/static
# For commands that only need Django to start.
DEV := DEBUG=on SECRET_KEY= SECRET_KEY_FILE= DATABASE_URL=sqlite:///:memory: CACHE_URL=locmemcache://

# Given on the command line or exported: handed on to the tests. Neither given: SQLite, memory cache.
ENGINES := $(if $(DATABASE_URL),DATABASE_URL='$(DATABASE_URL)') $(if $(CACHE_URL),CACHE_URL='$(CACHE_URL)')

.PHONY: help
help: ## List what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# ------------------------------------------------------------------------------------------------- the environment
.PHONY: venv
venv: ## Make .venv with the pinned libraries, or bring it up to date
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or later is needed; python3 here is: $$(python3 --version 2>&1 || echo none)." >&2; \
		echo "Install one, or name it: make $(firstword $(MAKECMDGOALS)) PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@[ -x $(PY) ] || { echo "Making $(VENV) with $$($(PYTHON) --version) …"; $(PYTHON) -m venv $(VENV); } || { \
		rm -rf $(VENV); echo "Python's venv module does not work here (on Debian: apt install python3-venv)." >&2; exit 1; }
	@# The stamp is a copy of what was installed: only a changed content installs again, not a changed date.
	@cmp -s requirements.txt $(VENV)/.installed || { \
		echo "Installing the pinned libraries (a minute or two) …"; \
		$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.txt && \
		$(PY) -m pip check && \
		cp requirements.txt $(VENV)/.installed; }

.PHONY: requirements
requirements: ## Compile requirements.txt from pyproject.toml again, with the newest versions
	@[ -x var/pip-tools/bin/pip-compile ] || { $(PYTHON) -m venv var/pip-tools && var/pip-tools/bin/pip install --quiet pip-tools; }
	@var/pip-tools/bin/pip-compile --quiet --upgrade --generate-hashes --no-strip-extras --allow-unsafe --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--extra citations --extra postgres --extra redis --extra live --extra demo --extra test --extra lint \
		--output-file var/requirements.txt pyproject.toml
	@{ sed -n '/^#/p;/^[^#]/q' requirements.txt; cat var/requirements.txt; } > var/requirements.new
	@mv var/requirements.new requirements.txt

# -------------------------------------------------------------------------------------------------------- the demo
DEMO_MADE_FROM := $(shell find scs_series/migrations project/demo -type f ! -name '*.pyc')
STATIC_MADE_FROM := $(shell find scs_series/static static -type f) requirements.txt project/settings.py
# Stamps of things that somebody removed say nothing any more.
ifeq ($(wildcard var/demo/db.sqlite3),)
$(shell rm -f var/demo/.loaded)
endif

# The server shares a port with whoever has it already, and each would get half of the visits: ask first.
PORT_IS_FREE = $(PY) -c 'import socket, sys; socket.create_server((sys.argv[1], int(sys.argv[2]))).close()' \
	$(BIND) $(PORT) 2>/dev/null || { echo "Port $(PORT) is in use or not ours; name another: make $@ PORT=8001" >&2; exit 1; }

.PHONY: demo
demo: venv var/demo/secret-key var/demo/.loaded var/static/.collected ## Load the demo series and serve it at PORT (8000)
	@$(PORT_IS_FREE)
	@echo
	@echo "  Open Series: http://$(if $(filter 0.0.0.0,$(BIND)),localhost,$(BIND)):$(PORT)/    admin at /admin/, API at /api/v1/docs/"
	@echo
	@if [ -f var/demo/accounts.txt ]; then sed 's/^/  /' var/demo/accounts.txt; fi
	@echo
	@echo "  Its data is in var/demo/ and is kept; \`make clean-demo\` removes it. Stop with Ctrl-C."
	@echo
	@exec env $(DEMO) $(VENV)/bin/granian --interface wsgi --host $(BIND) --port $(PORT) --no-ws \
		--workers 1 --blocking-threads $(THREADS) --log-level warning project.wsgi:application

var/demo/secret-key: | venv
	@mkdir -p var/demo
	@umask 077; $(PY) -c 'import secrets; print(secrets.token_urlsafe(50))' > $@

var/demo/.loaded: $(DEMO_MADE_FROM) | venv var/demo/secret-key
	@echo "Preparing the database and the demo series …"
	@env $(DEMO) $(PY) manage.py migrate --verbosity 0
	@env $(DEMO) $(PY) manage.py scs_demo --accounts var/demo/accounts.txt
	@touch $@

var/static/.collected: $(STATIC_MADE_FROM) | venv
	@echo "Collecting static files …"
	@mkdir -p var/static
	@env $(DEV) DEBUG=off SECRET_KEY=unused STATIC_ROOT=var/static $(PY) manage.py collectstatic --noinput --verbosity 0
	@touch $@

.PHONY: serve
serve: venv var/static/.collected ## Serve in production: settings from the environment (docs/installation.md)
	@$(PORT_IS_FREE)
	@$(PY) manage.py check --deploy --fail-level WARNING
	@$(PY) manage.py migrate --check >/dev/null || { \
		echo "The database lacks migrations: $(PY) manage.py migrate" >&2; exit 1; }
	@exec $(VENV)/bin/granian --interface wsgi --host $(BIND) --port $(PORT) --no-ws --workers $(WORKERS) \
		--blocking-threads $(THREADS) --respawn-failed-workers --workers-kill-timeout 10 project.wsgi:application

.PHONY: serve-events
serve-events: PORT = 8001
serve-events: venv ## Serve the event streams of threads beside `make serve`, at PORT (8001)
	@$(PORT_IS_FREE)
	@exec $(VENV)/bin/uvicorn project.asgi:application --host $(BIND) --port $(PORT) --log-level warning \
		--no-access-log --lifespan off --timeout-graceful-shutdown 5

# ------------------------------------------------------------------------------------------------ tests and checks
.PHONY: test
test: venv ## Run the tests; DATABASE_URL=… CACHE_URL=… choose the engines, ARGS=… goes to pytest
	@env $(ENGINES) $(PY) -m pytest -n auto $(ARGS)

.PHONY: test-browser
test-browser: venv var/npm/node_modules/axe-core/axe.min.js ## Run the tests that drive Chromium (Debian: apt install chromium)
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
		echo "Chromium is not installed (on Debian: apt install chromium fonts-noto-cjk)." >&2; exit 1; }
	@env $(ENGINES) AXE_CORE=var/npm/node_modules/axe-core/axe.min.js $(PY) -m pytest -m browser -n auto --dist loadfile $(ARGS)

AXE_VERSION := 4.14
var/npm/node_modules/axe-core/axe.min.js:
	@command -v npm >/dev/null || { echo "npm is not installed (on Debian: apt install npm); it fetches axe-core." >&2; exit 1; }
	@mkdir -p var/npm
	@npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix var/npm axe-core@$(AXE_VERSION)

.PHONY: test-hosts
test-hosts: venv ## Build the wheel and try README.md's lines in host projects of their own
	@$(PY) -m pytest -m host -n 0 $(ARGS)

.PHONY: coverage
coverage: venv ## Run the tests and say which lines they do not reach
	@env $(ENGINES) $(PY) -m pytest -n auto --cov --cov-report=term $(ARGS)

.PHONY: lint
lint: venv ## Check style, import rules, missing migrations and Django's own checks
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports
	env $(DEV) $(PY) manage.py makemigrations --check --dry-run
	env $(DEV) $(PY) manage.py check --fail-level WARNING

.PHONY: format
format: venv ## Format, and mend what can be mended
	$(VENV)/bin/ruff check --fix-only --quiet .
	$(VENV)/bin/ruff format .

.PHONY: typecheck
typecheck: venv ## Check types
	$(VENV)/bin/mypy

.PHONY: schema
schema: venv ## Check the API's OpenAPI schema
	@mkdir -p var
	env $(DEV) $(PY) manage.py spectacular --validate --fail-on-warn --file var/openapi.yaml

.PHONY: check-deploy
check-deploy: venv ## Run Django's deployment checks under production settings
	@env DEBUG=off HTTPS=on SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))')" ALLOWED_HOSTS=example.org \
		DATABASE_URL=sqlite:///:memory: CACHE_URL=locmemcache:// $(PY) manage.py check --deploy --fail-level WARNING

.PHONY: bench
bench: venv ## Measure the real server on PostgreSQL; ARGS=--help says how
	@env $(ENGINES) $(PY) -m benchmarks $(ARGS)

# --------------------------------------------------------------------------------------------------------- clearing
.PHONY: clean
clean: ## Remove caches, builds and collected files; the environment and the demo's data stay
	@rm -rf build dist htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis \
		var/static var/openapi.yaml var/npm var/pip-tools
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

.PHONY: clean-demo
clean-demo: ## Remove the demo's database, uploads and accounts
	@rm -rf var/demo
