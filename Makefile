# Gridcast: one command to run it, one to test it.

PORT ?= 8000
VENV := .venv
PYTHON := $(VENV)/bin/python
export PORT

.DEFAULT_GOAL := help
.PHONY: help run test faults histories own-system schema web format clean data bench-fanout

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.ready web/static/.ready data ## Run a development server with a demo city (PORT=8000)
	@echo
	@echo "  大屏 Wall       http://localhost:$(PORT)/wall"
	@echo "  值班台 Desk     http://localhost:$(PORT)/desk"
	@echo "  服务商 Provider http://localhost:$(PORT)/provider"
	@echo "  居民 Resident   http://localhost:$(PORT)/resident"
	@echo "  网格员 Worker   http://localhost:$(PORT)/worker"
	@echo "  接口 GraphQL    http://localhost:$(PORT)/graphql   (GraphiQL: /graphiql)"
	@echo "  状态 Health     http://localhost:$(PORT)/readyz"
	@echo
	@GRIDCAST_DEMO=2 $(PYTHON) -m api tokens
	@echo
	@exec $(PYTHON) -m api serve --dev --demo 2

test: $(VENV)/.ready web/static/.ready tests/clients/node_modules/.ready tests/miniprogram/node_modules/.ready ## Check the style, the types and run every test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	cd web && npx vitest run
	$(PYTHON) -m pytest -n 2

schema: $(VENV)/.ready ## Print the GraphQL contract into schema/schema.graphql
	$(PYTHON) -m api schema > var/schema.graphql
	mv var/schema.graphql schema/schema.graphql

web: web/static/.ready ## Build the screens

format: $(VENV)/.ready ## Format the Python code
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

faults: $(VENV)/.ready ## Break servers, brokers and sockets at random for longer (DURATION=60 SEEDS=10)
	@FAULT_SECONDS=$(or $(DURATION),60) FAULT_SEEDS=$(or $(SEEDS),10) $(VENV)/bin/python -m pytest tests/faults -s

histories: $(VENV)/.ready ## Walk more random histories through the loop (SEEDS=20 STEPS=2000)
	@HISTORY_SEEDS=$(or $(SEEDS),20) HISTORY_STEPS=$(or $(STEPS),2000) $(VENV)/bin/python -m pytest -n 2 \
		tests/store/test_journal_and_tallies.py -k "random_history and sqlite"

own-system: $(VENV)/.ready ## Let a provider work a long day in its own system while both sides fail (ORDERS=500)
	@PROVIDER_ORDERS=$(or $(ORDERS),500) $(VENV)/bin/python -m pytest tests/stories/test_own_system.py

bench-fanout: ## Measure live delivery beside its references (QUICK=1 for two minutes)
	@$(MAKE) --no-print-directory -C bench/fanout run

clean: ## Remove everything that was built; the data in var/ stays
	rm -rf $(VENV) web/node_modules web/static tests/clients/node_modules tests/miniprogram/node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment, made again only when the list of dependencies changes.
$(VENV)/.ready: pyproject.toml
	test -x $(PYTHON) || python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	mkdir -p var
	touch $@

# The screens, built again only when one of their sources changes.
WEB_SOURCES := $(shell find web schema/schema.graphql resolvers/refusals.py db/vocabulary -type f \
	-not -path 'web/node_modules/*' -not -path 'web/static/*' -not -path '*/__pycache__/*' -not -path '*/generated/*')

web/node_modules/.ready: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	touch $@

web/static/.ready: web/node_modules/.ready $(WEB_SOURCES)
	cd web && npm run build
	touch $@

# The clients of others that the tests drive.
tests/clients/node_modules/.ready: tests/clients/package-lock.json
	cd tests/clients && npm ci --no-audit --no-fund
	touch $@

# What draws the mini-program in a test; none of its packages needs a script of its own.
tests/miniprogram/node_modules/.ready: tests/miniprogram/package-lock.json
	cd tests/miniprogram && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

# The sample province. Each import may be repeated; the marker only saves its time.
data: $(VENV)/.ready
	@mkdir -p var
	@test -n "$$GRIDCAST_DATABASE_URL" -o -f var/gridcast.db || rm -f var/.imported
	@$(PYTHON) -m api migrate
	@$(MAKE) --no-print-directory var/.imported

var/.imported: $(wildcard db/data/* db/data/units/* db/data/assessment/* db/data/collection/*) | $(VENV)/.ready
	$(PYTHON) -m api import-divisions
	$(PYTHON) -m api import-grids --sample
	$(PYTHON) -m api import-units
	$(PYTHON) -m api import-assessment
	$(PYTHON) -m api import-facts --sample --realm EXERCISE
	$(PYTHON) -m api import-knowledge --realm EXERCISE
	$(PYTHON) -m api import-fields --realm EXERCISE
	@touch $@
