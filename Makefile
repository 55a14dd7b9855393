# Two commands matter: `make run` and `make test`. Both set up everything they need.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin

PYTHON := $(or $(shell command -v $(PYTHON) 2>/dev/null),$(shell command -v python3 2>/dev/null),$(PYTHON))

.PHONY: run test lint fmt bench bench-quality install install-dev tools messages clean

run: $(VENV)/installed
	@exec $(BIN)/python manage.py up

test: install-dev tools
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/installed-dev
	$(BIN)/python -m bench

# Needs sets in BEIR layout: YOUJU_DATA names their folder.
bench-quality: $(VENV)/installed
	@test -n "$(YOUJU_DATA)" || { echo "YOUJU_DATA names no folder with sets in BEIR layout."; exit 1; }
	$(BIN)/python -m bench.ordering "$(YOUJU_DATA)"

messages: install-dev
	$(BIN)/python manage.py makemessages --locale zh_Hans --no-obsolete --no-wrap --ignore .venv --ignore tests --ignore bench
	$(BIN)/python manage.py compilemessages --locale zh_Hans --ignore .venv

# Forces a repair of a broken environment; `run` and `test` install by themselves when needed.
install:
	rm -f $(VENV)/installed
	$(MAKE) $(VENV)/installed

install-dev: $(VENV)/installed-dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "Python 3.11 is needed. Install it, or name it: make PYTHON=/path/to/python3.11 run"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "The venv module is missing: install python3.11-venv."; exit 1; }

# Most of what is installed is never imported, so it is not compiled by pip, one file after the other, but here,
# on all processors. What is left out is large and compiled when, and where, it is first used.
PIP      = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
COMPILE  = $(BIN)/python -m compileall -qq -j 0 -x 'olefile2|/(kubernetes|networkx|pandas|scipy|sklearn|sympy|torch|transformers)/'

$(VENV)/installed: requirements.txt requirements-ocr.txt | $(VENV)/bin/python
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -r requirements-ocr.txt
	@$(COMPILE) $(VENV)/lib
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt requirements-milvus.txt $(VENV)/installed
	$(PIP) -r requirements-dev.txt
	@touch $@

# Chromium, PostgreSQL and gettext, where they are not there yet.
tools:
	@tests/install-tools

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
