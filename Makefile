# Plain venv and pip, so that Python (3.11 to 3.13) and make are all that has to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Many tests wait for processes and servers: two at a time take little more than half the time.
TESTERS ?= 2
# What storms go by: one that fails says which it was.
SEED ?= $(shell date +%s)

.DEFAULT_GOAL := help
.PHONY: help demo run test storm check bench format clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	{ echo "Reroll needs Python 3.11, 3.12 or 3.13: name one, like make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV); the first time takes a few minutes."
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(VENV)/installed ## make, remake and check a picture with the built-in model
	@$(BIN)/reroll demo

run: $(VENV)/installed ## start the bot
	@$(BIN)/reroll run

bench: $(VENV)/installed ## measure this machine's speed beside plain diffusers
	@REROLL_GENERATION__MODEL=mini $(BIN)/reroll bench

test: $(VENV)/installed-dev ## run all tests
	$(BIN)/python -m pytest -n $(TESTERS) --dist worksteal

storm: SEED := $(SEED)
storm: $(VENV)/installed-dev ## the long tests: storms, kills, power cuts, fuzzing; SEED=7 repeats one
	$(BIN)/python -m tests.storm --seed $(SEED)
	$(BIN)/python -m tests.storm.power_cut --seed $(SEED)
	$(BIN)/python -m tests.storm.fuzzing --seed $(SEED) --inputs 80000
	$(BIN)/python -m tests.storm.fuzzing_chats --seed $(SEED) --inputs 10000
	$(BIN)/python -m tests.storm.flat_memory

check: $(VENV)/installed-dev ## formatter, linter, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/installed-dev ## format, and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove what was installed and built; data/ stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
