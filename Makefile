# make demo: a served, monitored model from a fresh clone. make test: lint and all tests.
# Each target sets up what it needs in .venv; nothing else is touched.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= $(firstword $(shell command -v python3.11 python3))
BIN := .venv/bin
UV := $(BIN)/uv --system-certs
# pip reads PIP_FIND_LINKS, uv does not: where it offers a CPU build of torch, that one is installed.
FIND_LINKS := $(if $(PIP_FIND_LINKS),--find-links $(PIP_FIND_LINKS))
COMPILE := --quiet --no-annotate --no-header
INSTALL = $(UV) pip install --quiet --python $(BIN)/python $(FIND_LINKS)

.PHONY: help demo test lint bench golden lock clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/.core  ## set up, start the stack, run flight_delay, ask the endpoint once
	scripts/demo

test: .venv/.dev  ## set up, lint, run every test
	scripts/system-packages
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/python -m pytest

lint: .venv/.dev  ## ruff, check only
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

bench: .venv/.dev  ## measure the published figures into docs/benchmarks.md
	scripts/system-packages
	$(BIN)/python -m tests.benchmarks

golden: .venv/.core  ## compile every pipeline again into its golden YAML
	for task in pipelines/*/task.py; do name=$$(basename $${task%/task.py}); \
	  $(BIN)/capstan compile $$name --output tests/golden/$$name.yaml; done

lock: .venv/.uv  ## resolve the dependencies again
	$(UV) pip compile $(COMPILE) --universal pyproject.toml -o requirements/core.lock
	$(UV) pip compile $(COMPILE) --universal pyproject.toml --extra dev -c requirements/core.lock -o requirements/dev.lock
	rm -f requirements/torch.lock  # a version pinned before would be looked for on PyPI, and bring CUDA along
	$(UV) pip compile $(COMPILE) $(FIND_LINKS) pyproject.toml --extra torch -c requirements/dev.lock -o requirements/torch.lock
	sed -i -E 's/^(torch==[0-9.]+)\+.*/\1/' requirements/torch.lock

clean:  ## stop what runs; remove the state, the environment and the caches
	-[ ! -x $(BIN)/capstan ] || $(BIN)/capstan down
	rm -rf .venv .capstan build *.egg-info .pytest_cache .ruff_cache .hypothesis

.venv/.uv: requirements/uv.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/uv.lock
	touch $@

.venv/.core: .venv/.uv requirements/core.lock pyproject.toml
	$(INSTALL) -r requirements/core.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

.venv/.dev: .venv/.core requirements/dev.lock requirements/torch.lock
	$(INSTALL) -r requirements/dev.lock -r requirements/torch.lock
	touch $@
