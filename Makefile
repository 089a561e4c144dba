# Two commands are enough: `make lab` opens the course, `make test` passes the tests.
#
#   make lab             create .venv if needed, open JupyterLab on the lessons
#   make test            the tests, without the browser
#   make test-browser    drive JupyterLab in a headless Chromium
#   make lint            ruff, and the types of utils
#   make notebooks       sources -> notebooks/NN_name.ipynb
#   make solutions       sources -> notebooks/solutions/NN_name.ipynb, executed
#   make bench           measure: checks, first cell, lessons, builder, mutation score
#
# Variables: PYTHON=python3.12 (which Python .venv is made with) · LESSON=10_self_attention.ipynb (what opens first)
# LAB_FLAGS="--no-browser --port 9999" · PIP_FLAGS="--extra-index-url ..." · TEST_FLAGS="-k attention" · WORKERS=2

SHELL := /bin/sh
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
PIP := $(PY) -m pip install --disable-pip-version-check
QUIET := $$([ -t 1 ] || echo --quiet)
WORKERS ?= 2
LESSON ?= $(notdir $(firstword $(sort $(wildcard notebooks/[0-9][0-9]_*.ipynb))))
ROOT_FLAG := $(if $(filter 0,$(shell id -u 2>/dev/null)),--allow-root)

.PHONY: lab test test-browser lint notebooks solutions bench

lab: $(VENV)/.lab
	@echo "JupyterLab opens in your browser. Where there is none, open the address that it prints. Stop it with Ctrl+C."
	@cd notebooks && exec ../$(BIN)/jupyter lab $(ROOT_FLAG) $(LAB_FLAGS) $(LESSON)

test: $(VENV)/.dev
	@OMP_NUM_THREADS=1 $(PY) -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder -m "not browser" $(TEST_FLAGS)

test-browser: $(VENV)/.dev
	@$(PY) -m pytest -m browser $(TEST_FLAGS)

lint: $(VENV)/.dev
	@$(PY) -m ruff check .
	@$(PY) -m mypy

notebooks: $(VENV)/.dev
	@$(PY) -m utils.builder

solutions: $(VENV)/.dev
	@$(PY) -m utils.builder --solutions

bench: $(VENV)/.dev
	@$(PY) -m bench

# The stamp files make the second start quick; they are older than the lists of packages only when those change.
$(VENV)/.lab: pyproject.toml constraints.txt | $(PY)
	@echo "Installing the course into $(VENV): a few minutes, once."
	@$(PIP) $(QUIET) $(PIP_FLAGS) --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(PY)
	@echo "Installing the course with its tools for developers into $(VENV): a few minutes, once."
	@$(PIP) $(QUIET) $(PIP_FLAGS) --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.lab

$(PY):
	@found=; \
	for below in 3.14 4; do for p in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.10 python; do \
	  [ -z "$$found" ] || continue; \
	  below="$$below" $$p -c 'import os, sys; limit = tuple(map(int, os.environ["below"].split("."))); sys.exit(not (3, 10) <= sys.version_info[:2] < limit)' \
	    2>/dev/null && found=$$p; \
	done; done; \
	if [ -z "$$found" ]; then \
	  echo "The course needs Python 3.10 or newer, and none was found; install one, or name it: make lab PYTHON=/path/to/python" >&2; exit 1; \
	fi; \
	if ! $$found -c 'import venv, ensurepip' 2>/dev/null; then \
	  echo "$$found has no venv module: on Debian or Ubuntu, install it with 'sudo apt install python3-venv', then try again." >&2; exit 1; \
	fi; \
	$$found -m venv $(VENV) && $(PIP) --quiet 'pip>=23'
