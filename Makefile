# make run    set up, then start the demo: server, worker and charging on this machine
# make test   the whole suite
# make lint   ruff, mypy, import contracts
# make bench  the benchmarks
# make setup  the installation alone

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DISTRIBUTIONS := $(sort $(wildcard plugins/*/setup.cfg)) provisioners/setup.cfg
STAMP := $(VENV)/.installed

.PHONY: run setup test lint bench system clean

run: setup
	$(BIN)/omnicore demo $(ARGS)

setup: $(STAMP)

system:
	@./tools/system-packages

$(VENV)/bin/python: | system
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip

$(STAMP): setup.cfg requirements.lock $(DISTRIBUTIONS) | $(VENV)/bin/python
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable . \
		$(foreach d,$(DISTRIBUTIONS),--editable $(dir $(d)))
	$(BIN)/pip check
	touch $@

test: setup
	@./tools/with-mariadb $(BIN)/python -m pytest -n 2 $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup $(VENV)/.bench
	@for script in benchmarks/[a-z]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

$(VENV)/.bench: requirements-bench.lock | $(STAMP)
	$(BIN)/pip install --quiet --requirement requirements-bench.lock
	touch $@

clean:
	rm -rf $(VENV) var
