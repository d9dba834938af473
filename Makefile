# `make demo` and `make test` are all a newcomer needs; `make help` lists the rest.
PORT ?= 8000
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test check fix serve messages prove bench results clean
help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 14

demo: .venv/app ## set everything up, replay Hubei 2020, serve on http://127.0.0.1:$(PORT)
	@exec $(BIN)/qipan demo --port $(PORT)

serve: .venv/app ## serve your own, empty books
	@exec $(BIN)/qipan serve --port $(PORT)

test: .venv/dev ## all tests (browser tests when Chromium is found)
	@$(BIN)/python -m pytest

check: .venv/dev ## lint, types, map, docs, translations
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/ruff format --check -q src tests benchmarks
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest tests/tidy

fix: .venv/dev ## mend what can be mended by itself
	@$(BIN)/ruff check --fix -q src tests benchmarks
	@$(BIN)/ruff format -q src tests benchmarks

messages: .venv/dev ## collect texts to translate and compile the translations (needs gettext)
	@cd src/qipan && ../../$(BIN)/python ../../manage.py makemessages -l zh_Hans --no-location --no-obsolete --no-wrap -v 0 && ../../$(BIN)/python ../../manage.py compilemessages -v 0

prove: .venv/dev ## try hard to break each promise, with mutants as control; prints a table (half an hour)
	@$(BIN)/python -m tests.prove

bench: .venv/dev ## side-by-side ratios; see benchmarks/README.md
	@$(BIN)/python benchmarks/run.py

results: .venv/dev ## run the engine beside others and rewrite its results page and picture (some minutes)
	@$(BIN)/python benchmarks/engine_results.py

clean: ## remove the virtual environment
	@rm -rf .venv

.venv/app: requirements/app.txt
	@echo "Setting up Python packages (once) …"
	@$(PYTHON) -c 'import sys; sys.exit("Qipan needs Python 3.11 or newer.") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv .venv || { echo "Python's venv is missing: on Debian or Ubuntu run  apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/app.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/dev: requirements/dev.txt .venv/app
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
