# Everything a person or a machine does with this project. Needs python3.11 (up to 3.13), pip and make.
#
#   make demo    see it work: a sandbox API, two runs, the A/B report
#   make test    the tests
#   make check   format, lint, types, walls, SQL, lock, licences, known holes
#   make chaos   bad nights by lot (docs/reliability.md)

UV_VERSION := 0.13.9
UV := .uv/bin/uv
BIN := .venv/bin
READY := .venv/.ready
PAGES := .venv/.pages
COMPLETE := .venv/.complete
DRAWING := .docs/.ready
ENGINES := .engines/.ready
ADAPTERS := tests/dbt_project/engines
BIGQUERY := .bigquery/.ready
EMULATOR := tests/destinations/bigquery
SPARK := .spark/.ready
LAKE := data/lake
# Tried a second time with the system's certificates: some networks replace those of the registry.
SYNC = $(UV) sync --quiet --frozen --inexact --compile-bytecode --python "$$(.uv/bin/python -c 'import sys; print(sys._base_executable)')"

# Downloads come from the package registry alone; nothing reports home.
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export RUNTIME__DLTHUB_TELEMETRY := false
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := False
# Compiled once: tests start hundreds of processes, each of which would compile all of it again.
unexport PYTHONDONTWRITEBYTECODE

N := 200
SEED := 1
JOBS := 1
INTO = $(if $(DESTINATION),--destination $(DESTINATION))
EVERYTHING := --all-extras --group browser --group notebook --group semantic
WAREHOUSE := data/demo/warehouse.duckdb

.DEFAULT_GOAL := help
.PHONY: help setup demo dashboard dagster docs metrics notebook spark test test-slow check licences format calibrate screenshots recording judging-cost bench chaos chaos-points chaos-mutants clean

help: ## List what can be done
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

setup: $(READY) ## Install into .venv what the lock names

demo: $(READY) ## Start the sandbox, run twice against it, print the A/B report
	@$(BIN)/python -m sandbox.demo

dashboard: $(PAGES) ## Install the dashboard and open it on the warehouse file
	@$(BIN)/instantly-warehouse dashboard

dagster: $(READY) ## Install Dagster and open the warehouse in it, on this machine only
	@$(SYNC) --extra dagster 2>/dev/null || $(SYNC) --extra dagster --system-certs
	@mkdir -p data/dagster && cp -n orchestration/dagster.yaml data/dagster/
	@DAGSTER_HOME=$(CURDIR)/data/dagster DAGSTER_DISABLE_TELEMETRY=1 $(BIN)/dagster dev --host 127.0.0.1

docs: $(READY) $(DRAWING) ## Build the handbook into site/: dictionary, lineage, questions; needs no network to read
	@$(BIN)/python -m handbook --site site

metrics: $(READY) ## Install the semantic layer and list its metrics (docs/semantic-layer.md)
	@$(SYNC) --group semantic 2>/dev/null || $(SYNC) --group semantic --system-certs
	@$(BIN)/python -m semantic_layer $(WAREHOUSE)

notebook: $(READY) ## Install what docs/notebooks needs: a kernel in .venv for the editor of your choice
	@$(SYNC) --extra dashboard --group notebook 2>/dev/null || $(SYNC) --extra dashboard --group notebook --system-certs
	@echo "open docs/notebooks/weekly-review.ipynb with VS Code or Jupyter and choose the kernel of .venv"

spark: $(READY) $(SPARK) ## Install Spark and build the marts of the warehouse with it into LAKE (docs/destinations/spark.md)
	@$(BIN)/python -m spark $(LAKE)

test: $(COMPLETE) ## Run the tests, all but the slow ones
	@$(BIN)/pytest

test-slow: $(COMPLETE) $(DRAWING) $(ENGINES) $(SPARK) $(BIGQUERY) ## Run the slow tests: Dagster, container, handbook, readers, older files, kills
	@$(BIN)/pytest -m slow

check: $(COMPLETE) ## Format, lint, types, import walls, SQL lint, lock up to date, licences, known holes
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/ty check
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint dbt_project
	$(UV) lock --check 2>/dev/null || $(UV) lock --check --system-certs
	$(UV) lock --check --project handbook 2>/dev/null || $(UV) lock --check --project handbook --system-certs
	$(UV) lock --check --project spark 2>/dev/null || $(UV) lock --check --project spark --system-certs
	$(UV) lock --check --project $(ADAPTERS) 2>/dev/null || $(UV) lock --check --project $(ADAPTERS) --system-certs
	$(UV) lock --check --project $(EMULATOR) 2>/dev/null || $(UV) lock --check --project $(EMULATOR) --system-certs
	$(BIN)/python -m checks.licences $(UV)
	$(BIN)/python -m checks.audit $(UV)

licences: $(COMPLETE) ## List the licence of every package in docs/licences.md
	@$(BIN)/python -m checks.licences $(UV) --write

format: $(READY) ## Put code and SQL into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix dbt_project

calibrate: $(READY) ## Simulate the judgement under daily looks; writes its table into docs/judgement.md
	@nice -n 19 $(BIN)/python -m benchmarks.calibration --worlds 1000 --seed 1

judging-cost: $(READY) ## Compare the CPU of judging 5,000 steps with that of building them
	@nice -n 19 $(BIN)/python -m benchmarks.judging_cost

bench: $(READY) ## Measure speed beside a floor and other tools into docs/speed.md (ONLY=first-load,ceiling)
	@nice -n 5 $(BIN)/python -m benchmarks.throughput $(if $(ONLY),--only $(ONLY))

chaos: $(READY) ## Play N drawn schedules of faults, kills and changes: make chaos N=200 SEED=1 (WARM=1 DESTINATION=postgres)
	@nice -n 15 $(BIN)/python -m chaos --schedules $(N) --seed $(SEED) --jobs $(JOBS) $(if $(WARM),--warm) $(INTO)

chaos-points: $(READY) ## Die in front of every side effect of a load in turn, and look what is left
	@nice -n 15 $(BIN)/python -m chaos --points $(INTO)

chaos-mutants: $(READY) ## Take out one safeguard after the other: the schedules must notice each
	@nice -n 15 $(BIN)/python -m chaos --mutants --seed $(SEED) $(INTO)

screenshots: $(COMPLETE) ## Draw the pages of the demo again; writes docs/images (needs chromium)
	@test -f data/demo/warehouse.duckdb || $(MAKE) --no-print-directory demo
	@$(BIN)/python -m benchmarks.screenshots

recording: $(READY) ## Record run, status and report of the demo again; writes docs/images/demo.svg
	@$(BIN)/python -m benchmarks.recording

clean: ## Remove what setup, the demo and the handbook made
	rm -rf .uv .venv .docs .engines .bigquery .spark .bench site data/demo

$(READY): pyproject.toml uv.lock | $(UV)
	@$(SYNC) 2>/dev/null || $(SYNC) --system-certs
	@touch $@

# Not part of setup: the dashboard would double what the demo installs, the browser's driver again.
# Setup leaves both where they are (--inexact).
$(PAGES): $(READY)
	@$(SYNC) --extra dashboard 2>/dev/null || $(SYNC) --extra dashboard --system-certs
	@touch $@

$(COMPLETE): $(READY)
	@$(SYNC) $(EVERYTHING) 2>/dev/null || $(SYNC) $(EVERYTHING) --system-certs
	@touch $@

# The tools that draw the handbook have an environment of their own: handbook/pyproject.toml says why.
$(DRAWING): export UV_PROJECT_ENVIRONMENT := ../.docs
$(DRAWING): handbook/pyproject.toml handbook/uv.lock | $(UV)
	@$(SYNC) --project handbook 2>/dev/null || $(SYNC) --project handbook --system-certs
	@touch $@

# So have dbt's adapters for engines that are only compiled for: tests/dbt_project/engines.
$(ENGINES): export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.engines
$(ENGINES): $(ADAPTERS)/pyproject.toml $(ADAPTERS)/uv.lock | $(UV)
	@$(SYNC) --project $(ADAPTERS) 2>/dev/null || $(SYNC) --project $(ADAPTERS) --system-certs
	@touch $@

# And an emulator of BigQuery with all that loads and builds there: tests/destinations/bigquery. The
# project is one of its packages, so its lock follows pyproject.toml.
$(BIGQUERY): export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.bigquery
$(BIGQUERY): $(EMULATOR)/pyproject.toml $(EMULATOR)/uv.lock | $(UV)
	@$(SYNC) --project $(EMULATOR) 2>/dev/null || $(SYNC) --project $(EMULATOR) --system-certs
	@touch $@

# And Spark, with the adapter that builds in it: spark.
$(SPARK): export UV_PROJECT_ENVIRONMENT := ../.spark
$(SPARK): spark/pyproject.toml spark/uv.lock | $(UV)
	@$(SYNC) --project spark 2>/dev/null || $(SYNC) --project spark --system-certs
	@touch $@

# uv lives in an environment of its own: `uv sync` would remove it from .venv.
$(UV):
	@for python in python3.11 python3.12 python3.13 python3 /usr/bin/python3; do \
		if $$python -c 'import ensurepip, venv, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
			$$python -m venv .uv && .uv/bin/pip install --quiet uv==$(UV_VERSION) && exit 0; \
			exit 1; \
		fi; \
	done; \
	echo "error: no Python 3.11, 3.12 or 3.13 with venv found; install one (Debian: apt install python3.11-venv)" >&2; exit 2
