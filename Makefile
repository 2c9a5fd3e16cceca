# Two commands do everything: make demo, make test. They set themselves up.
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8080
REFERRALS ?= 200
KILLS ?= 1
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup services demo test lint bench drill lock

help:
	@echo "make demo    the hub with made-up people and partners on http://127.0.0.1:$(PORT)"
	@echo "make test    every test; starts throw-away PostgreSQL and RabbitMQ by itself"
	@echo "make lint    ruff, mypy, import-linter"
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
	@$(BIN)/python -m pytest

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: services
	@$(BIN)/python -m tests.bench

drill: services
	@$(BIN)/schakel drill --referrals $(REFERRALS) --kills $(KILLS)

lock: setup
	$(BIN)/pip-compile -q --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --extra dev --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -c requirements.lock -o requirements-dev.lock pyproject.toml
