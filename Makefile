# Kerndata: every command there is. `make` or `make help` lists them.
# Nothing here needs root, Docker or an answer; each target makes what it needs from the hashed locks.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
LOCK_FILES := requirements/dev.txt requirements/tool.txt requirements/taxii.txt
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help env demo test test-long check format up down status bench reference lock

help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

env: .venv/.ready .venv-taxii/.ready ## Make both environments from the locks (once; a minute or two)

.venv/.ready: requirements/dev.txt requirements/tool.txt pyproject.toml
	@echo "Making the environment in .venv (from requirements/dev.txt, every file checked by hash)"
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Kerndata needs Python 3.11, 3.12 or 3.13; say PYTHON=/path/to/one")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/tool.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes --requirement requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# The counterpart TAXII server needs older Flask companions than ours, so it lives apart.
.venv-taxii/.ready: requirements/taxii.txt .venv/.ready
	$(PYTHON) -m venv .venv-taxii
	$(BIN)/uv pip install --quiet --python .venv-taxii/bin/python --compile-bytecode --require-hashes --requirement requirements/taxii.txt
	@touch $@

demo: env ## Run the main job end to end on real figures and leave the result to look at
	@kerndata demo

test: env check ## Run every test of a fresh clone: unit, contract, dags, integration, end to end
	@pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/e2e -m "not long"
	pytest tests/e2e -m "not long"

test-long: env ## The long runs: chaos, fuzz, load
	@pytest tests/unit --hypothesis-profile search -k "parser or spreadsheet or number"
	pytest -m long

check: env ## Format, lint, types and import rules
	@ruff format --check --quiet . || { ruff format --diff --quiet . ; exit 1; }
	ruff check --quiet .
	mypy
	lint-imports --no-cache

format: env ## Put the code in the project's style
	@ruff format . && ruff check --fix .

up: env ## Start the embedded stack and leave it running
	@kerndata stack up

down: env ## Stop everything that `up` or `demo` left running
	@kerndata stack down

status: env ## Say what runs, and where
	@kerndata stack status

bench: env ## Measure the data path beside the floor
	@python -m tests.bench

reference: env ## Make docs/reference from the contracts: rules, suites, schemas
	@python -m kerndata.steward.reference docs/reference

lock: env ## Compile the hashed locks from the .in files
	@compile() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" "$$1" --output-file "$$2"; }
	compile requirements.in requirements.txt
	for name in dev taxii tool; do compile requirements/$$name.in requirements/$$name.txt; done
