# make demo: a served, monitored model from a fresh clone. make check: fast checks. make test: checks and most tests.
# Each target sets up what it needs in .venv; nothing else is touched.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= $(firstword $(shell command -v python3.11 python3))
BIN := .venv/bin
UV := $(BIN)/uv --system-certs
# One lock holds every version, for every platform and extra. An install takes from it what it needs.
LOCK := requirements/all.lock
# pip reads PIP_FIND_LINKS, uv does not. Where it offers a CPU build of torch, that build is installed, without CUDA.
FIND_LINKS := $(if $(PIP_FIND_LINKS),--find-links $(PIP_FIND_LINKS))
# Steps and tests start many processes: with modules compiled now, each of them imports in about half of the time.
INSTALL = $(UV) pip install --quiet --python $(BIN)/python --compile-bytecode $(FIND_LINKS) --constraint $(LOCK)
# "torch,dev" or "torch dev" becomes "--extra torch --extra dev".
COMMA := ,
extras = $(addprefix --extra ,$(subst $(COMMA), ,$(1)))
PYTEST = $(BIN)/python -m pytest

.PHONY: help demo cluster install check lint format types unit coverage test test-extended test-long e2e e2e-long chaos bench circle golden lock clean

help:  ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 15

demo: .venv/.core  ## set up, start the stack, run flight_delay, ask the endpoint once
	scripts/demo

cluster: .venv/.core  ## on Kubernetes: bring up the platform and the services; CAPSTONES=NAME adds its libraries
	$(BIN)/capstan cluster up $(CAPSTONES)

install: .venv/.core  ## set up; EXTRAS=torch adds the optional libraries of an extra
	$(if $(EXTRAS),$(INSTALL) -r pyproject.toml $(call extras,$(EXTRAS)))

check: .venv/.dev  ## lint, types, import directions, unit tests: about a minute
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint types unit

lint: .venv/.dev  ## ruff and import-linter
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

format: .venv/.dev  ## format, and fix what ruff can
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

types: .venv/.dev  ## mypy
	$(BIN)/mypy

unit: .venv/.dev  ## the fast unit tests and those of the capstones
	$(PYTEST) tests/unit pipelines -m "not slow and not extended and not long" $(COV)

coverage: export COV = --cov
coverage: unit  ## the same, and what they cover

test: .venv/.dev  ## lint, types and the tests of each part, with the flagship on all its data: about 12 minutes
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint types
	scripts/system-packages
	$(PYTEST) -m "not extended and not long" --durations=20 --durations-min=5

test-extended: .venv/.dev  ## the other capstones, the circle, kills, pages: about 16 minutes more, in CI as well
	scripts/system-packages
	$(PYTEST) -m "extended and not long" --durations=20 --durations-min=5

test-long: .venv/.dev  ## the longest: commands killed at each write, training on Ray, requests made up
	scripts/system-packages
	$(PYTEST) -m long --durations=20 --durations-min=5

# One process, in the order of the files: the tests share a cluster, and its endpoint's state.
E2E = $(PYTEST) tests/e2e -n 0 --durations=10

e2e: .venv/.dev  ## on a cluster with this checkout (make cluster): the road, roll-outs, security: about 22 minutes
	$(E2E) -m "e2e and not slow"

e2e-long: .venv/.dev  ## the same and what takes longer: the circle, autoscaling, the other capstones, operators' commands
	$(E2E) -m e2e

chaos: .venv/.dev  ## on a cluster of your own: restart one part after another during runs; ONLY=mlflow strikes one
	$(PYTEST) tests/chaos -n 0 $(addprefix --only ,$(ONLY))

bench: .venv/.dev  ## measure the published figures into docs/benchmarks.md
	scripts/system-packages
	$(BIN)/python -m tests.benchmarks

circle: .venv/.dev  ## replay a quarter of flights with the circle on and off, and compare: about 20 minutes
	$(BIN)/python -m tests.benchmarks.circle

golden: .venv/.core  ## compile again the pipelines that are kept as YAML beside their tests
	for file in pipelines/*/tests/pipeline.yaml; do CAPSTAN_IMAGE=capstan:golden \
	  $(BIN)/capstan compile $$(basename $${file%/tests/*}) --output $$file; done

lock: .venv/.uv  ## resolve the dependencies again; UPGRADE=1 takes the newest versions
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --no-annotate --universal --all-extras \
	  $(if $(UPGRADE),--upgrade) pyproject.toml --output-file $(LOCK)

clean:  ## stop what runs; remove the state, the environment and the caches
	-[ ! -x $(BIN)/capstan ] || $(BIN)/capstan down
	rm -rf .venv .capstan build *.egg-info .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .coverage*

.venv/.uv: requirements/uv.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/uv.txt
	touch $@

.venv/.core: .venv/.uv $(LOCK) pyproject.toml
	$(INSTALL) -r pyproject.toml
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

.venv/.dev: .venv/.core
	$(INSTALL) -r pyproject.toml $(call extras,credit forecast recommender segmentation torch vision dev)
	touch $@
