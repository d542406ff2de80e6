# make demo: a served, monitored model from a fresh clone. make check: fast checks. make test: checks and selected tests.
# Each target sets up what it needs in .venv; nothing else is touched.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= $(firstword $(shell command -v python3.11 python3))
BIN := .venv/bin
UV := $(BIN)/uv --system-certs
# One lock holds every version, for every platform and family. An install takes from it what it needs. A family that
# excludes another one has a lock of its own: `make lock` says so.
COMMA := ,
CHOSEN := $(subst $(COMMA), ,$(FAMILIES))
LOCK := requirements/all.lock
lock = $(or $(wildcard $(patsubst %,requirements/%.lock,$(1))),$(LOCK))
# pip reads PIP_FIND_LINKS, uv does not. Where it offers a CPU build of torch, that build is installed, without CUDA.
FIND_LINKS := $(if $(PIP_FIND_LINKS),--find-links $(PIP_FIND_LINKS))
# Steps and tests start many processes: with modules compiled now, each of them imports in about half of the time.
INSTALL = $(UV) pip install --quiet --python $(BIN)/python --compile-bytecode $(FIND_LINKS)
# "torch tables" becomes "-r pyproject.toml --extra torch --extra tables", with the versions of their lock.
with = $(addprefix --constraint ,$(call lock,$(1))) -r pyproject.toml $(addprefix --extra ,$(1))
# What checks and tests need: the tools, and every family that goes with all others.
DEV = dev $(filter-out $(patsubst requirements/%.lock,%,$(wildcard requirements/*.lock)),$(shell $(BIN)/python -c \
  'from capstan.families import all_families; print(*all_families())'))
PYTEST = $(BIN)/python -m pytest

.PHONY: help demo cluster install dev check lint format types unit coverage selection test test-all e2e e2e-long e2e-selected e2e-capstones chaos bench bench-scale circle golden lock clean

help:  ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 15

demo: .venv/.core  ## set up, start the stack, run flight_delay, ask the endpoint once
	scripts/demo

cluster: .venv/.core  ## on Kubernetes: bring up the platform and the services; CAPSTONES=NAME adds its libraries; CLUSTER_OPTIONS
	$(BIN)/capstan cluster up $(CLUSTER_OPTIONS) $(CAPSTONES)

install: .venv/.core  ## set up; FAMILIES=torch,tables adds optional libraries
	$(if $(CHOSEN),$(INSTALL) $(call with,$(CHOSEN)))

dev: .venv/.dev  ## set up what checks and tests need, every family included: 3.5 GB with a CPU build of torch

check: .venv/.dev  ## lint, types, import directions, fast unit tests: under two minutes
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint types unit

lint: .venv/.dev  ## ruff and import-linter
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

format: .venv/.dev  ## format, and fix what ruff can
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

types: .venv/.dev  ## mypy
	$(BIN)/mypy

unit: .venv/.dev  ## the fast unit tests, and those of the capstones that were edited
	$(PYTEST) tests/unit pipelines --edited -m "not slow and not rotating" -n 2 $(COV)

coverage: export COV = --cov
coverage: unit  ## the same, and what they cover

selection: .venv/.dev  ## show which capstones `make test` selects, and why
	@$(BIN)/python -m tests.support.selected

test: .venv/.dev  ## lint, types, the tests of the core and of the selected capstones: at most 25 minutes
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint types
	scripts/system-packages
	$(PYTEST) --selected --durations=20 --durations-min=5

test-all: .venv/.dev  ## the same with the tests of every capstone, and those that have their turn in one run of twelve
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint types
	scripts/system-packages
	$(PYTEST) --durations=20 --durations-min=5

# Two processes, see tests/e2e/lanes.py: most of a test on a cluster is waiting.
E2E = $(PYTEST) tests/e2e -n 2 --durations=20 -m

e2e: .venv/.dev  ## on a cluster with this checkout (make cluster): the flagship, one other capstone, what fails
	$(E2E) "e2e and not long"

e2e-long: .venv/.dev  ## the rest, more than an hour: documentation, operations, lost stores, autoscaling, removing Capstan
	$(E2E) "e2e and long"

e2e-selected: .venv/.dev  ## the part that .ci/run takes: the flagship, security, and a twelfth of the rest
	$(E2E) "e2e and not long" --selected

e2e-capstones: .venv/.dev  ## each capstone on a cluster: up to ten minutes for each
	$(PYTEST) tests/e2e/test_capstones.py -n 0 --every-capstone

chaos: .venv/.dev  ## on a cluster of your own: restart one part after another during runs; ONLY=mlflow strikes one
	$(PYTEST) tests/chaos -n 0 $(addprefix --only ,$(ONLY))

bench: .venv/.dev  ## measure the published figures into docs/benchmarks.md
	scripts/system-packages
	$(BIN)/python -m tests.benchmarks

bench-scale: .venv/.dev  ## joins, a table, a log and stores of up to 100 million rows: hours; it needs `capstan run flight_delay`
	$(BIN)/python -m tests.benchmarks.limits
	$(BIN)/python -m tests.benchmarks.scale_joins
	$(BIN)/python -m tests.benchmarks.scale_score
	$(BIN)/python -m tests.benchmarks.scale_monitoring
	$(BIN)/python -m tests.benchmarks.scale_training

circle: .venv/.dev  ## replay a quarter of flights with the circle on and off, and compare: about 20 minutes
	$(BIN)/python -m tests.benchmarks.circle

screenshots: .venv/.dev  ## take the picture of each capstone's page that its README shows
	scripts/system-packages
	$(PYTEST) tests/integration/test_capstones.py -n 0 -k page_draws --screenshots

golden: .venv/.core  ## write again what tests compare: compiled pipelines, tables of steps, the index of models
	$(BIN)/python -m tests.support.golden
	$(BIN)/python -m tests.support.model_index

lock: .venv/.uv  ## resolve the dependencies again; UPGRADE=1 takes the newest versions
	$(BIN)/python scripts/lock $(if $(UPGRADE),--upgrade)

clean:  ## stop what runs; remove the state, the environment and the caches
	-[ ! -x $(BIN)/capstan ] || $(BIN)/capstan down
	rm -rf .venv .capstan build *.egg-info .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .coverage*

.venv/.uv: requirements/uv.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/uv.txt
	touch $@

.venv/.core: .venv/.uv $(LOCK) pyproject.toml
	$(INSTALL) $(call with,)
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

.venv/.dev: .venv/.core
	$(INSTALL) $(call with,$(DEV))
	@echo "Installed for checks and tests: $(DEV). The environment has $$(du --summarize --human-readable .venv | cut -f1)."
	touch $@
