# SPDX-License-Identifier: GPL-3.0-or-later
# Needs make and Python 3.11 or later; everything else goes into .venv, pinned with hashes.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Blender 4.5 as a module is made for this Python alone.
BLENDER_PYTHON ?= python3.11
BLENDER_LIBRARIES := libx11-6 libxrender1 libxfixes3 libxi6 libxkbcommon0 libsm6 libgl1

.PHONY: setup help demo test test-all blender lint lock clean

setup: $(VENV)/run.stamp

help:
	@echo "make setup   the environment in $(VENV) (the other targets see to it themselves)"
	@echo "make demo    the sample speech and the demo avatar: out/demo/demo.mp4"
	@echo "make test    the tests"
	@echo "make test-all  the same with the add-on in Blender as a module (.venv-bpy; 400 MB to fetch)"
	@echo "make lint    ruff and mypy"
	@echo "make lock    pin the newest versions again (needs uv)"
	@echo "make clean   remove what was built; out/ stays"

demo: $(VENV)/run.stamp
	$(BIN)/lipreel demo --out out/demo --overwrite

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest

# With .venv-bpy there, the tests of the add-on in Blender are no longer skipped.
test-all: blender test

blender: .venv-bpy/blender.stamp

.venv-bpy/blender.stamp: requirements/blender.txt
	$(BLENDER_PYTHON) -m venv .venv-bpy
	.venv-bpy/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/blender.txt
	@.venv-bpy/bin/python -c "import bpy, os; os._exit(0)" || { echo "Blender lacks libraries of the system; \
	on Debian: sudo apt install $(BLENDER_LIBRARIES)" >&2; exit 1; }
	@touch $@

# mypy names modules after folders: through this link the tree is `lipreel`, whatever the clone is called.
lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@mkdir -p build/mypy && ln -sfn ../.. build/mypy/lipreel
	MYPYPATH=build/mypy $(BIN)/mypy -p lipreel.engine -p lipreel.addon

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Lipreel needs Python 3.11 or later and found none: \
	install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment: \
	install its venv module (Debian: apt install python3-venv)" >&2; exit 1; }

# Stamps: what is installed is installed again only when its list changes.
$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

COMPILE := uv pip compile pyproject.toml --extra video --group build --universal --fork-strategy fewest \
	--python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --quiet

lock:
	$(COMPILE) --upgrade --output-file requirements/run.txt
	uv pip compile pyproject.toml --group blender --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --quiet --upgrade --output-file requirements/blender.txt
	$(COMPILE) --upgrade --group dev --constraint requirements/run.txt --output-file requirements/dev.txt

clean:
	rm -rf $(VENV) .venv-bpy build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './out/*' -prune -exec rm -rf {} +
