# Interlabel's commands. `make start` is all that a user needs, `make test` all that a change has to pass.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# Whatever the locale: files, file names and output are UTF-8. Python does not even start with an unknown
# PYTHONIOENCODING.
export PYTHONUTF8 := 1
unexport PYTHONIOENCODING
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check

.PHONY: help start install install-dev test format bundle types clean

help:
	@echo "make start    run Interlabel here (PORT, HOST, INTERLABEL_HOME: docs/guides/configuration.md)"
	@echo "make install  only make the environment in $(VENV)"
	@echo "make test     install what the tests need and run all of them"
	@echo "make format   format the Python sources and fix what ruff can"
	@echo "make bundle   build static/ from frontend/ (needs Node 20)"
	@echo "make types    write the frontend's types from the server's (needs Node 20)"
	@echo "make clean    remove $(VENV) and caches, never your data"

start: install
	@exec $(BIN)/python manage.py start

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

# The stamps make a second `make start` skip pip. PIP_INDEX_URL and the like work as always; on a machine without an
# NVIDIA GPU they can point to PyTorch's much smaller CPU wheels.
$(VENV)/.installed: requirements.txt requirements.lock | $(VENV)/bin/python
	@echo "Installing Interlabel's packages into $(VENV); the first time this takes some minutes …"
	@$(PIP) install -r requirements.txt -c requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements-judges.txt $(VENV)/.installed
	@echo "Installing what the tests need …"
	@$(PIP) install -r requirements-dev.txt -c requirements.lock
	@rm -rf $(VENV)/judges
	@$(PIP) install --no-deps --target $(VENV)/judges -r requirements-judges.txt
	@touch $@

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Interlabel needs Python 3.11, and there is no '$(PYTHON)' here." >&2; \
	  echo "On Debian: apt install python3.11 python3.11-venv. Elsewhere: make start PYTHON=/path/to/python3.11" >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo "Interlabel needs Python 3.11; '$(PYTHON)' is another version." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  echo "This Python can't make environments. On Debian: apt install python3.11-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

test: install-dev
	@$(BIN)/python tests/run.py

format: install-dev
	@$(BIN)/ruff check --fix --quiet .; $(BIN)/ruff format --quiet .

bundle:
	cd frontend && npm ci && npm run build

types: install
	cd frontend && npm ci && ../$(BIN)/python ../manage.py api_schema | node types.mjs

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache frontend/node_modules
