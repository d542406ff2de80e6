# make demo: a served, monitored model from a fresh clone. make test: lint and all tests.
# Each target sets up what it needs in .venv; nothing else is touched.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= $(firstword $(shell command -v python3.11 python3))
BIN := .venv/bin
UV := $(BIN)/uv --system-certs
# pip reads PIP_FIND_LINKS, uv does not: where it offers a CPU build of torch, that one is installed.
FIND_LINKS := $(if $(PIP_FIND_LINKS),--find-links $(PIP_FIND_LINKS))
# One lock holds every version, for every platform and extra; an install takes from it what it needs.
LOCK := requirements/all.lock
INSTALL = $(UV) pip install --quiet --python $(BIN)/python $(FIND_LINKS) --constraint $(LOCK)
# "torch, dev" or "torch dev" -> --extra torch --extra dev
COMMA := ,
extras = $(addprefix --extra ,$(subst $(COMMA), ,$(1)))

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

golden: .venv/.core  ## compile again the pipelines that are kept as YAML beside their tests
	for file in pipelines/*/tests/pipeline.yaml; do \
	  $(BIN)/capstan compile $$(basename $${file%/tests/*}) --output $$file; done

lock: .venv/.uv  ## resolve the dependencies again; UPGRADE=1 takes the newest versions
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --no-annotate --universal --all-extras \
	  $(if $(UPGRADE),--upgrade) pyproject.toml --output-file $(LOCK)

clean:  ## stop what runs; remove the state, the environment and the caches
	-[ ! -x $(BIN)/capstan ] || $(BIN)/capstan down
	rm -rf .venv .capstan build *.egg-info .pytest_cache .ruff_cache .hypothesis

.venv/.uv: requirements/uv.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/uv.txt
	touch $@

.venv/.core: .venv/.uv $(LOCK) pyproject.toml
	$(INSTALL) -r pyproject.toml
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

.venv/.dev: .venv/.core
	$(INSTALL) -r pyproject.toml $(call extras,torch dev)
	touch $@
