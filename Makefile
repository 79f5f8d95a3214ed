# SPDX-License-Identifier: GPL-3.0-or-later
# Needs make and Python 3.11 or later; everything else goes into .venv, pinned with hashes.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Blender as a module: made for this Python alone, and 400 MB each.
BLENDER_PYTHON ?= python3.11
BLENDERS := 4.2 4.5 5.0
BLENDER_LIBRARIES := libx11-6 libxrender1 libxfixes3 libxi6 libxkbcommon0 libxxf86vm1 libsm6 libgl1 libgomp1

.PHONY: setup help demo test test-fast test-all test-openvino bench formats soak extension extension-test e2e lint lock clean

setup: $(VENV)/run.stamp

help:
	@echo "make setup   the environment in $(VENV) (the other targets see to it themselves)"
	@echo "make demo    the sample speech and the demo avatar: out/demo/demo.mp4"
	@echo "make extra-video  what an optional part needs, and so for faces, prepare, torch, bench, cluster"
	@echo "make test    the tests, those of the add-on in Blender 4.5 as a Python module (400 MB to fetch, once)"
	@echo "make test-fast  the quick ones of them, without Blender; a minute"
	@echo "make test-all  the same, in Blender 4.2 and 5.0 and with PyTorch, too (4 GB to fetch, once)"
	@echo "make test-openvino  OpenVINO's build of onnxruntime, in an environment of its own: build/openvino/"
	@echo "make soak    runs that are killed, disks that fail, files of strangers, hours of sound: docs/reliability.md"
	@echo "make extension  the extension's zip for each system: dist/ (fetches 250 MB of wheels, once)"
	@echo "make extension-test  the zip for Linux with the libraries for Python 3.14, too: build/extension-test/"
	@echo "make e2e     the extension in Blender's window, 4.3 and 5 (Debian, as root; 3 GB to fetch, once)"
	@echo "make bench   measures this machine and writes docs/performance.md; ten minutes"
	@echo "make formats  tries every kind of file and writes docs/formats.md"
	@echo "make lint    ruff and mypy"
	@echo "make lock    pin the newest versions again (needs uv)"
	@echo "make clean   remove what was built; out/ stays"

# What an extra of pyproject.toml needs: make extra-video
extra-%: $(VENV)/run.stamp
	$(PIP) install --editable ".[$*]"

demo: $(VENV)/run.stamp
	$(BIN)/lipreel demo --out out/demo --overwrite

test: $(VENV)/dev.stamp build/blender-4.5/ready
	$(BIN)/python -m pytest

test-fast: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -m "not slow"

# The same Python packages, but for onnxruntime: the two builds share one folder.
test-openvino: $(VENV)/dev.stamp
	$(BIN)/python -m venv build/openvino
	build/openvino/bin/pip --disable-pip-version-check --quiet install --require-hashes -r requirements/dev.txt
	build/openvino/bin/pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --editable .
	build/openvino/bin/pip --disable-pip-version-check --quiet uninstall --yes onnxruntime
	build/openvino/bin/pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r requirements/openvino.txt
	build/openvino/bin/python -m pytest tests/engine/inference/test_openvino.py tests/exactness

# Which parts, and how: "hostile onnx", --again, ...
SOAK ?=
soak: $(VENV)/dev.stamp
	$(BIN)/python -m lipreel.tests.soak $(SOAK)

formats: $(VENV)/dev.stamp
	$(BIN)/python -m lipreel.tests.formats.page

bench: $(VENV)/dev.stamp build/blender-4.5/ready
	LIPREEL_BPY_PYTHON=build/blender-4.5/bin/python $(BIN)/lipreel bench --json --report docs/performance.md

test-all: $(BLENDERS:%=build/blender-%/ready) $(VENV)/torch.stamp test

# `import bpy` needs libraries of the system. A root on Debian gets them here, anyone else the command for it.
build/blender-%/ready: requirements/blender-%.txt
	@command -v $(BLENDER_PYTHON) > /dev/null || { echo "Blender as a module needs Python 3.11: \
	install it, or name it: make BLENDER_PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(BLENDER_PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r $<
	@$(@D)/bin/python $(TRY_BPY) 2> /dev/null || test "$$(id -u)" != 0 || \
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends $(BLENDER_LIBRARIES) > /dev/null; }
	@$(@D)/bin/python $(TRY_BPY) || { echo "Blender lacks libraries of the system; \
	on Debian: sudo apt install $(BLENDER_LIBRARIES)" >&2; exit 1; }
	@touch $@

TRY_BPY := -c "import bpy, os; os._exit(0)"  # it may hang when the interpreter ends in good order

# Blender as a module brings Blender's own builder and validator.
extension: $(VENV)/dev.stamp build/blender-4.5/ready
	$(BIN)/python -m lipreel.release

# For Blender as Debian builds it.
extension-test: $(VENV)/dev.stamp build/blender-4.5/ready
	$(BIN)/python -m lipreel.release --platform linux-x64 --python 3.14 --out build/extension-test

# What pytest is to run, and how: a file, a test, -k trixie, ...
E2E ?= tests/e2e
e2e: $(VENV)/dev.stamp extension-test
	LIPREEL_E2E_ZIP="$$(ls build/extension-test/*-linux-x64.zip)" $(BIN)/python -m pytest -v $(E2E)

# mypy names modules after folders: through this link the tree is `lipreel`, whatever the clone is called.
lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@mkdir -p build/mypy && ln -sfn ../.. build/mypy/lipreel
	MYPYPATH=build/mypy:models/recipe $(BIN)/mypy -p lipreel.engine -p lipreel.addon -p lipreel.release -p lipreel.tests

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

# For the tests of PyTorch checkpoints alone: a few GB on Linux, where it brings CUDA along.
$(VENV)/torch.stamp: requirements/torch.txt $(VENV)/dev.stamp
	$(PIP) install --require-hashes -r requirements/torch.txt
	@touch $@

COMPILE := uv pip compile pyproject.toml --extra video --group build --universal --fork-strategy fewest \
	--python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --quiet

lock:
	$(COMPILE) --upgrade --output-file requirements/run.txt
	for v in $(BLENDERS); do uv pip compile pyproject.toml --group blender-$$(echo $$v | tr . -) \
		--python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
		--quiet --upgrade --output-file requirements/blender-$$v.txt || exit 1; done
	$(COMPILE) --upgrade --group dev --constraint requirements/run.txt --output-file requirements/dev.txt
	uv pip compile --group openvino --no-deps --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" --quiet --upgrade \
		--output-file requirements/openvino.txt
	$(COMPILE) --upgrade --extra torch --constraint requirements/dev.txt --output-file requirements/torch.txt
	uv pip compile --group extension --no-deps --only-binary :all: --universal --python-version 3.11 \
		--format pylock.toml --custom-compile-command "make lock" --quiet --upgrade \
		--output-file requirements/pylock.extension.toml

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './out/*' -prune -exec rm -rf {} +
