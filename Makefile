# Two promises, on a fresh Debian with Python 3.11, git and make: `make demo` serves a graded city, `make test` passes.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test bench check lint-contracts lock screenshots

CITY ?= sandbox
RAW ?= var/$(CITY)/raw
PORT ?= 8321
# The day the city is graded on: the sandbox's last day; for real records the test date of the recipe.
AS_OF_sandbox := 2026-06-30
AS_OF_chicago := 2014-07-01
AS_OF_beijing := 2025-01-01
AS_OF ?= $(AS_OF_$(CITY))

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)
export XINHENG_CITY := $(CITY)
export XINHENG_PORT := $(PORT)

help: ## Lists these commands.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/installed ## Makes the virtual environment from requirements.lock (hashes checked).

.venv/installed: requirements.lock pyproject.toml
	@echo "Setting up .venv with $(PYTHON) …"
	$(PYTHON) -m venv --clear .venv >/dev/null 2>&1 || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq python3-venv && $(PYTHON) -m venv --clear .venv; }
	ldconfig -p | grep -q libgomp.so.1 || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq libgomp1; } # LightGBM's threads
	awk '/^uv==/{p=1} p{print} p&&!/\\$$/{exit}' requirements.lock > .venv/uv.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.lock
	$(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

demo: setup ## Records → indicators → model → grades → reasons → a served page. CITY=sandbox|chicago|beijing, RAW=folder of the raw files.
	@[ "$(CITY)" != sandbox ] || $(BIN)/python -m data_contracts sandbox
	@$(BIN)/python -m data_contracts admit --raw $(RAW)
	@$(BIN)/python -m training fit --by demo-data-scientist
	@$(BIN)/python -m serving migrate
	@$(BIN)/python -m serving promote latest --by demo-supervisor --reason "make demo" --despite all --because "a demonstration: nobody is inspected by these grades"
	@$(BIN)/python -m serving grade --as-of $(AS_OF) --by demo-supervisor
	@[ "$(CITY)" != sandbox ] || for roster in items inspectors; do $(BIN)/python -m serving $$roster import --preset sandbox --by demo-planner; done
	@[ "$(CITY)" != sandbox ] || $(BIN)/python -m serving objects build
	@exec $(BIN)/python -m serving run

serve: setup ## Serves the city that is already graded.
	@exec $(BIN)/python -m serving run

test: setup .venv/browser .venv/java .venv/postgres check lint-contracts ## Every test, the browser and the real services included. Two processes, for two cores.
	@$(BIN)/pytest -q tests/data_contracts tests/training tests/models tests/notebooks tests/benchmarks & records=$$!; rest=0; \
	$(BIN)/pytest -q $(addprefix --ignore=tests/,data_contracts training models notebooks benchmarks) || rest=$$?; wait $$records && exit $$rest

.venv/browser: .venv/installed # Chromium and a Chinese font for the journeys; from Debian when absent.
	command -v chromium >/dev/null && fc-list | grep -qi cjk || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq chromium fonts-noto-cjk fontconfig; }
	touch $@

.venv/java: .venv/installed # Java for the tests of Spark; from Debian when absent. The demo needs none.
	command -v java >/dev/null || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq default-jre-headless; }
	touch $@

.venv/postgres: .venv/installed # PostgreSQL for the tests of the ledger, each on a socket of its own; from Debian when absent.
	command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq postgresql; }
	touch $@

bench: setup ## Time and memory at 35 k, 350 k and 3.5 M entities; fails when a target is missed. SIZES=35000 SUBJECTS=indicators for a quick run.
	$(BIN)/python -m tests.benchmarks $(if $(SIZES),--sizes $(SIZES)) $(if $(SUBJECTS),--subjects $(SUBJECTS)) $(if $(CITIES),--cities $(CITIES))

check: setup ## Format, lint, types and the import rule.
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-contracts: .venv-contracts/linted ## Lints the contracts as ODCS, in an environment of its own, without network.

.venv-contracts/installed: lint-contracts.lock | .venv/installed
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-contracts
	$(BIN)/uv pip sync --quiet --require-hashes --python .venv-contracts/bin/python lint-contracts.lock
	touch $@

.venv-contracts/linted: .venv-contracts/installed tests/lint_contracts.py $(wildcard data_contracts/tables/*.yaml)
	.venv-contracts/bin/python tests/lint_contracts.py data_contracts/tables/*.yaml
	touch $@

lock: setup ## Writes requirements.lock anew from pyproject.toml, and the linter's lock file.
	echo "datacontract-cli==1.2.8" | $(BIN)/uv pip compile - --generate-hashes --no-header --python-version 3.11 --quiet --output-file lint-contracts.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra spark --generate-hashes --no-header --python-version 3.11 --quiet --output-file requirements.lock
