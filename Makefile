# make demo      a first look: builds .venv, draws the demo dataset, opens the app (or, without a terminal, trains on it)
# make check     the inner loop, under a minute: ruff, mypy, import-linter and the tests that are not slow
# make test      ruff, mypy, import-linter and pytest
# make coverage  pytest again, with the lines counted that it runs; fails where a folder falls below its floor
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto
# Percent of lines that the tests run, by folder. In index, what trains the demo models takes hours and is not tested.
FLOORS := core=95 train=94 index=74 tui=93

.PHONY: demo check test coverage lint pictures models clean

demo: $(VENV)/.installed
	@$(BIN)/bddseg-tui demo

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m 'not slow'

test: lint
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

# Counting lines slows the tests down, so it is no part of `make test`.
coverage: export COVERAGE_FILE = $(CURDIR)/build/coverage/data
coverage: $(VENV)/.installed-test
	rm -rf build/coverage && mkdir -p build/coverage
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist worksteal
	$(BIN)/coverage combine --quiet build/coverage
	@failed=; for floor in $(FLOORS); do folder=$${floor%=*}; \
		$(BIN)/coverage report --include="$$folder/*" --fail-under=$${floor#*=} >build/coverage/$$folder.txt || failed=1; \
		echo "$$folder, at least $${floor#*=} %:"; sed -n '/^TOTAL/,$$p' build/coverage/$$folder.txt; \
	done; [ -z "$$failed" ]

pictures: $(VENV)/.installed-test
	$(BIN)/python docs/make_pictures.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp is newer than what it was installed from, so a second run installs nothing.
$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing into $(VENV): two minutes or so, most of it for PyTorch"
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[ann]'
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@

# Trains the demo CLIP and LLaVA from nothing: hours on a CPU. See docs/architecture.md for where they go.
models: $(VENV)/.installed
	$(BIN)/python -m bddseg_tui.index.demo_models build/models

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
