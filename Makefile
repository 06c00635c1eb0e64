# `make` alone lists the commands. Everything runs from this folder, which may have spaces in its
# name: paths below are relative on purpose.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Without byte code every start compiles all it imports: 7.8 s instead of 2.7 s.
unexport PYTHONDONTWRITEBYTECODE
# A Python of the machine is preferred to a downloaded one.
export UV_PYTHON_PREFERENCE ?= system

UV = $$(command -v uv || echo .venv-boot/bin/uv)
BIN := .venv/bin
SERVICES := inspections scoring routing gateway
READY := .venv/.ready
CONSOLE := services/gateway/console
CHECKS := $(addprefix check-,format lint types imports dependencies snapshots api lock console code licences)
# What runs with Ronde, with every extra.
EXPORT := export --frozen --offline --quiet --no-dev --all-extras

# make demo PBF="my city.osm.pbf" PLACES=300 YEARS=4 SEED=7 NO_SERVE=1
DEMO = $(if $(PBF),--pbf "$(PBF)") $(if $(PLACES),--places $(PLACES)) \
	$(if $(YEARS),--years $(YEARS)) $(if $(SEED),--seed $(SEED)) $(if $(NO_SERVE),--no-serve)

# make test ARGS="-k grades -x"; WORKERS=0 runs in one process.
WORKERS ?= 2
# Where a process of tests dies the run ends red: its tests would not all be given to another.
PARALLEL = $(if $(filter-out 0,$(WORKERS)),-n $(WORKERS) --dist loadscope --no-loadscope-reorder --max-worker-restart 0)

##@ Use
.PHONY: help
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup: $(READY) ## Install Python packages into .venv, as uv.lock says

.PHONY: demo
demo: $(READY) ## Show the whole loop on made-up places: PBF= PLACES= YEARS= SEED= NO_SERVE=1
	@$(BIN)/ronde demo $(DEMO)

.PHONY: run
run: $(READY) ## Serve the four services and their database on this machine
	@$(BIN)/ronde serve

##@ Work on it
.PHONY: test
test: $(READY) ## Run the default tests and hold coverage: 90 % of branches, 100 % of domains
	$(BIN)/coverage erase
	$(BIN)/pytest $(PARALLEL) --cov --cov-report=term $(ARGS)
	$(BIN)/coverage report --include='*/domain/*' --fail-under=100

.PHONY: check
check: $(CHECKS) ## Check format, lint, types, rules of the house, dangerous code, licences, API

.PHONY: $(CHECKS)
check-format: $(READY)
	$(BIN)/ruff format --check .

check-lint: $(READY)
	$(BIN)/ruff check .

check-types: $(READY)
	$(BIN)/mypy

check-imports: $(READY)
	$(BIN)/lint-imports --no-logo

check-dependencies: $(READY)
	$(BIN)/python tests/house/dependencies.py

check-snapshots: $(READY)
	$(BIN)/python tests/house/openapi.py --check

check-api: $(READY)
	$(BIN)/python tests/house/api_release.py

check-lock: $(READY)
	"$(UV)" lock --check --quiet

check-console: $(READY)
	cd $(CONSOLE) && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --silent
	$(BIN)/node $(CONSOLE)/node_modules/typescript/bin/tsc -p $(CONSOLE)

check-code: $(READY)
	$(BIN)/python tests/house/dangerous_code.py

check-licences: $(READY)
	"$(UV)" $(EXPORT) --all-packages --no-emit-workspace --no-hashes | $(BIN)/python tests/house/licences.py

.PHONY: secrets
secrets: $(READY) ## Look for secrets in all files
	$(BIN)/python tests/house/secret_scan.py

.PHONY: audit
audit: $(READY) ## Ask for known faults of all packages; says so when it cannot
	$(BIN)/python tests/house/audit.py "$(UV)"

.PHONY: sbom
sbom: $(READY) ## List the components of each service and of the console, into sbom/
	mkdir -p sbom
	for service in $(SERVICES); do \
		"$(UV)" $(EXPORT) --package "ronde-$$service" --preview-features sbom-export \
			--format cyclonedx1.5 --output-file "sbom/$$service.json" >/dev/null; \
	done
	cd $(CONSOLE) && PATH="$(CURDIR)/$(BIN):$$PATH" npm sbom --sbom-format cyclonedx \
		--package-lock-only --omit dev >"$(CURDIR)/sbom/console.json"

.PHONY: fmt
fmt: $(READY) ## Format the code and fix what a linter can fix
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: openapi
openapi: $(READY) ## Write openapi.json, message schemas, tables of settings and commands anew
	$(BIN)/python tests/house/openapi.py

.PHONY: bench
bench: $(READY) ## Measure: prints figures, writes bench-results/
	$(BIN)/pytest -m bench -s --timeout=0 $(ARGS)

.PHONY: browser
browser: $(READY) ## Drive the console and field apps in Chromium
	$(BIN)/pytest -m browser $(ARGS)

.PHONY: large
large: $(READY) ## Drive the console with 800 places and 50,000 findings
	$(BIN)/pytest -m large $(ARGS)

.PHONY: pictures
pictures: $(READY) ## Take the pictures of docs/pictures.md anew
	$(BIN)/python tests/browser/pictures.py

.PHONY: storm
storm: $(READY) ## Kill processes and see that nothing is lost
	$(BIN)/pytest -m storm --timeout=900 $(ARGS)

.PHONY: slow
slow: $(READY) ## Run the tests that take more than a minute each
	$(BIN)/pytest -m slow --timeout=900 $(ARGS) || test $$? -eq 5 # 5: there are none

.PHONY: fuzz
fuzz: $(READY) ## Send 100 made-up requests to every operation: EXAMPLES= SEED=
	rm -f bench-results/operations.tsv; code=0; \
	RONDE_EXAMPLES=$(or $(EXAMPLES),100) RONDE_SEED=$(or $(SEED),1) $(BIN)/pytest -m slow --timeout=900 \
		$(if $(filter-out 0,$(WORKERS)),-n $(WORKERS)) tests/contract/house $(ARGS) || code=$$?; \
	awk -F'\t' '{n[$$1]++; sum[$$1] += $$4; if (!least[$$1] || $$4 < least[$$1]) least[$$1] = $$4} \
		END {for (it in n) printf "%s: %d operations, %d requests, at least %d each\n", \
			it, n[it], sum[it], least[it]}' bench-results/operations.tsv; exit $$code

$(READY): uv.lock pyproject.toml shared/pyproject.toml $(SERVICES:%=services/%/pyproject.toml) \
		services/gateway/hatch_build.py $(CONSOLE)/package-lock.json
	@command -v uv >/dev/null || test -x .venv-boot/bin/uv || \
		{ python3 -m venv .venv-boot && .venv-boot/bin/python -m pip install --quiet uv; }; \
		"$(UV)" sync --quiet --frozen --all-packages; \
		$(BIN)/python -c "from routing.domain import improve; improve.load_search()"; \
		echo "✓ packages installed into .venv $$SECONDS s"
	@touch $@
