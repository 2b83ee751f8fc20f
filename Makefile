# Everything one does with this project. `make` alone lists it.
# A new machine needs Python 3.13 with pip, and make; the rest is installed into .venv on first use.

.DEFAULT_GOAL := help
.PHONY: help install demo walk test faults bench endurance check lint fix languages lock clean

BIN := .venv/bin
ROOMS := ledger appeal donations grants receipts config tests manage.py
TEMPLATES := $(wildcard */templates)
PYTHON ?= $(shell for name in python3.13 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && echo $$name && break; done)
LOCKED := --universal --python-version 3.13 --generate-hashes

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

install: ## make .venv as requirements/dev.txt says; nothing is done when it is so already
	@cmp -s requirements/dev.txt .venv/installed.txt || $(MAKE) --no-print-directory .venv

.PHONY: .venv
.venv:
	@test -n "$(PYTHON)" || { echo >&2 "RefugeesRise needs Python 3.13, and neither python3.13 nor python3 is one:" \
		"install it, or say make PYTHON=/path/to/python3.13"; exit 1; }
	@echo "Installing the packages that requirements/dev.txt names into .venv"
	@$(PYTHON) -m venv --without-pip .venv
	@$(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check install --quiet --require-hashes -r requirements/dev.txt
	@cp requirements/dev.txt .venv/installed.txt

demo: install ## run the whole service with real parts; Ctrl-C stops all of it
	@$(BIN)/python manage.py demo

walk: install ## tell the whole story once, without a browser, and say OK or not
	@$(BIN)/python manage.py demo --walk

test: install ## run the tests, on two processes
	@$(BIN)/python -m pytest -n 2

faults: install ## run the tests that kill, flood and replay, alone
	@$(BIN)/python -m pytest tests/faults

bench: install ## measure, beside the limits of this machine, and write docs/benchmarks.md
	@$(BIN)/python -m tests.bench

endurance: install ## a storm of webhooks under kills, and reconciling 100,000 gifts: half an hour, into docs/endurance.md
	@$(BIN)/python -m tests.bench.endurance

check: lint test ## all that must be clean before a change is merged; migrations and deployment are tests

lint: install ## check format, style, templates, types and imports, without running the service
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djlint --quiet --check --lint $(TEMPLATES)
	$(BIN)/mypy $(ROOMS)
	$(BIN)/lint-imports

fix: install ## format, and repair what can be repaired without thinking
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djlint --quiet --reformat $(TEMPLATES)

languages: install ## bring the catalogues in locale/ to the messages of the code, and compile those that are whole
	@$(BIN)/python -m config.catalogues update

lock: install ## write the requirements that pyproject.toml asks for, with hashes; ARGS=--upgrade takes the newest
	$(BIN)/uv pip compile pyproject.toml $(LOCKED) -o requirements/base.txt $(ARGS) >/dev/null
	$(BIN)/uv pip compile pyproject.toml --group dev $(LOCKED) -o requirements/dev.txt -c requirements/base.txt $(ARGS) >/dev/null

clean: ## delete what make and the tools made; the demo's data in .local stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
