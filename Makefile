# Everything that is done with this repository. `make` alone lists it.
# Needs Go >= 1.25, Python >= 3.11, root and Debian's apt-get; the embedded cluster installs what it lacks.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
WORKERS ?= 2
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/ready
export PYTHONPATH := operator:.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

PIP_COMPILE := $(VENV)/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	--no-emit-trusted-host --no-emit-find-links

ifeq ($(ORGPORT_CLUSTER),external)
PREPARED := $(READY)
else
PREPARED := $(READY) programs layers
endif

.DEFAULT_GOAL := help
.PHONY: help venv prepared programs layers check test demo chaos soak bench cluster-up cluster-down image generate lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

venv: $(READY) ## make .venv with what is pinned in the lock files

$(READY): requirements-test.lock requirements-build.lock pyproject.toml
	@echo "making .venv of the pinned Python packages (once; about a minute) ..."
	@$(PYTHON) -m venv --clear $(VENV) || { apt-get -o DPkg::Lock::Timeout=300 install -y python3-venv && $(PYTHON) -m venv --clear $(VENV); }
	@$(VENV)/bin/pip install --quiet --no-compile --require-hashes -r requirements-test.lock -r requirements-build.lock
	@$(VENV)/bin/pip install --quiet --no-index --no-deps --no-build-isolation --editable .
	touch $@

prepared: ## .venv and what the embedded cluster needs, made side by side (about 12 minutes on 2 cores, once)
	@$(MAKE) --no-print-directory -j3 $(PREPARED)

programs:
	@$(PYTHON) -m tests.cluster build

layers:
	@$(PYTHON) -m tests.cluster layers

check: $(READY) ## format, lint, types, import rules and unit tests (under 2 minutes)
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	$(RUN) -m pytest -q -n $(WORKERS) tests/unit

test: prepared ## all tests; brings the embedded cluster up, or uses KUBECONFIG's with ORGPORT_CLUSTER=external
	$(RUN) -m pytest -n $(WORKERS) -m 'not soak and not chaos' tests

demo: prepared ## two installations on a cluster, and an organization that moves from one to the other
	$(RUN) -m tests.demo

chaos: prepared ## kill and stop, in every step of a run, all that it needs; writes docs/reliability.md (under an hour)
	ORGPORT_RECORD=1 $(RUN) -m pytest -v tests/chaos tests/cluster_runs/test_restarts.py

soak: $(READY) ## the tests that take long, and properties on examples that nothing was tried on before
	$(RUN) -m pytest -v -m 'soak or hypothesis' --hypothesis-profile=new tests

bench: $(READY) ## measure, and compare with other tools: make bench SUBJECT=small; alone it lists the subjects
	$(RUN) -m bench $(SUBJECT)

cluster-up: ## start the embedded cluster and print its KUBECONFIG
	@$(PYTHON) -m tests.cluster up
	@$(PYTHON) -m tests.cluster services

cluster-down: ## stop the embedded cluster and remove its state; what was compiled stays
	$(PYTHON) -m tests.cluster down

image: ## build operator/Dockerfile and load it into the embedded cluster
	$(PYTHON) -m tests.cluster image

generate: $(READY) ## write crds/, the chart's copy of it and the generated pages of docs/
	$(RUN) docs/generate.py

lock: $(READY) ## pin the newest dependencies that pyproject.toml allows
	@$(VENV)/bin/pip install --quiet pip-tools
	CUSTOM_COMPILE_COMMAND='make lock' $(PIP_COMPILE) --upgrade -o requirements.lock pyproject.toml
	CUSTOM_COMPILE_COMMAND='make lock' $(PIP_COMPILE) --upgrade -c requirements.lock --extra test -o requirements-test.lock pyproject.toml
	printf 'hatchling\neditables\n' | CUSTOM_COMPILE_COMMAND='make lock' $(PIP_COMPILE) --upgrade -c requirements-test.lock -o requirements-build.lock -

clean: ## remove .venv and what tools have left
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
