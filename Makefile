# Two commands do everything: make demo, make test. They set themselves up.
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8080
REFERRALS ?= 200
KILLS ?= 1
MINUTES ?= 10
# Twice as many as there are cores: many tests wait for a broker, a browser or a clock.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup services demo test lint texts screens mutants fuzz bench drill scan lock lock-scan

help:
	@echo "make demo    the hub with made-up people and partners on http://127.0.0.1:$(PORT)"
	@echo "make test    every test; starts throw-away PostgreSQL and RabbitMQ by itself"
	@echo "make lint    ruff, mypy, import-linter"
	@echo "make texts   new texts of the pages into the English catalogue"
	@echo "make screens a picture of every page into docs/screens"
	@echo "make scan    bandit, own semgrep rules, list of parts (SBOM) in var/sbom.json"
	@echo "make fuzz    spoiled messages for every connector (MINUTES=$(MINUTES))"
	@echo "make bench   the figures, each beside its raw limit"
	@echo "make drill   fault injection on real services (REFERRALS=$(REFERRALS) KILLS=$(KILLS))"
	@echo "make setup   the set-up alone; afterwards $(BIN)/schakel is the command"

$(VENV)/run.stamp: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.stamp: requirements-dev.lock $(VENV)/run.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/test.stamp

# What the tests need beyond Python; installed where that may be, else told.
services: setup
	@$(BIN)/python -c "from workers.drill.services import install; print(install(chromium=True) or \"PostgreSQL, RabbitMQ and Chromium are here.\")"

demo: $(VENV)/run.stamp
	@PORT=$(PORT) $(BIN)/schakel demo

test: services
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

texts: setup  ## bring the English catalogue up to date; say what still wants a translation
	@$(BIN)/python -m hub.web.catalogue

screens: services  ## a picture of every page, wide and on a phone
	@$(BIN)/python -m tests.browser.screens

mutants: setup  ## break the access policy on purpose, one change at a time: none may live
	@$(BIN)/python -m tests.mutation

fuzz: setup  ## spoil messages for every connector: each is read or refused, and nothing falls
	@$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

bench: services
	@$(BIN)/python -m tests.bench

drill: services
	@$(BIN)/schakel drill --referrals $(REFERRALS) --kills $(KILLS)

# A virtual environment of its own: semgrep wants another click than the hub.
.venv-scan/scan.stamp: deploy/scan/requirements.lock
	@test -x .venv-scan/bin/python || $(PYTHON) -m venv .venv-scan
	@.venv-scan/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/scan/requirements.lock
	@touch $@

scan: setup .venv-scan/scan.stamp
	@.venv-scan/bin/bandit --quiet --recursive --configfile pyproject.toml hub connectors schemas workers
	@.venv-scan/bin/semgrep scan --metrics=off --disable-version-check --quiet --error --config deploy/scan/rules.yml hub connectors schemas workers
	@mkdir -p var && .venv-scan/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o var/sbom.json
	@echo "bandit and semgrep found nothing; the parts are listed in var/sbom.json. No scanner here asks a database of known holes."

lock-scan:
	.venv-scan/bin/pip-compile -q --no-strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o deploy/scan/requirements.lock deploy/scan/requirements.in

lock: setup
	$(BIN)/pip-compile -q --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --extra dev --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -c requirements.lock -o requirements-dev.lock pyproject.toml
