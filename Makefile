# make run    the workbench on the sample reviews, installed first if it is not
# make test   lint, types, boundaries and all tests, their tools installed first if they are not
# Both compare what is installed with pyproject.toml and constraints.txt, and install only after a change.

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-for-tests
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: run test proof proof-gpu gpu gpu-kit lint types boundaries unit clean screenshots animation demo-recording settings-docs keys-docs bench \
  bench-busy bench-distillation bench-frugal bench-labels bench-memory bench-reasons bench-reliability bench-repeat \
  bench-smoke bench-suspicions bench-train-screen bench-triage

run: $(STAMP)
	@$(BIN)/reviewtui open sample_reviews

test: lint types boundaries unit

lint: $(TEST_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(TEST_STAMP)
	$(BIN)/mypy

boundaries: $(TEST_STAMP)
	$(BIN)/lint-imports

unit: $(TEST_STAMP)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# What takes long or wants the machine for itself: real out-of-memory, hundreds of kills. Prints what it counted.
proof: $(TEST_STAMP)
	$(BIN)/python -m pytest tests -m proof -s

# What only a GPU can show.
proof-gpu: $(TEST_STAMP)
	CUDA_VISIBLE_DEVICES=$${CUDA_VISIBLE_DEVICES:-0} $(BIN)/python -m pytest tests/proofs/test_gpu.py -m proof -s

# Proofs, benchmark and memory table on a GPU, in MINUTES, with results in OUTPUT: benchmarks/gpu/README.md. A dry run
# without a GPU. `gpu` needs no environment of this project: PYTHON is one that has PyTorch.
MINUTES ?= 8
gpu:
	$(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON)) -m benchmarks.gpu --minutes $(MINUTES) \
	  $(if $(KIT),--kit $(KIT)) $(if $(OUTPUT),--output $(OUTPUT))

# What a bare machine with a GPU lacks, in the folder .gpu-kit.
gpu-kit: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.gpu.kit .gpu-kit

# The README's screenshot and the table of settings, made anew from a real run and from core/settings/schema.py.
screenshots: $(TEST_STAMP)
	$(BIN)/python docs/make_screenshots.py

# An animation of `reviewtui demo` for the README. A minute.
animation: $(TEST_STAMP)
	$(BIN)/python -m docs.make_animation

# What `reviewtui demo` replays, recorded anew from a real run. Some minutes on a quiet machine.
demo-recording: $(TEST_STAMP)
	$(BIN)/python docs/make_demo.py

settings-docs: $(TEST_STAMP)
	$(BIN)/python docs/make_settings.py

keys-docs: $(TEST_STAMP)
	$(BIN)/python docs/make_keys.py

# This project beside its peers, interleaved: benchmarks/RESULTS.md. Wants a quiet machine and most of an hour.
bench: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.run

# Forecasts of memory and time beside what runs then take: benchmarks/MEMORY.md. Half an hour.
bench-memory: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.memory

# Training beside other busy processes and on a million reviews: benchmarks/BUSY.md. Some minutes on a quiet machine.
bench-busy: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.busy

# Forecasts of runs that resemble earlier ones, after a busy time. Five minutes on a quiet machine.
bench-repeat: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.repeat

# What a student with half the layers loses and gains: benchmarks/DISTILLATION.md. An hour on a quiet machine.
bench-distillation: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.distillation

# Whether the words that explain a prediction carry it, and how long they take: benchmarks/REASONS.md. Half an hour.
bench-reasons: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.reasons

# A pile of 100,000 reviews: orders, filters, and keys beside a run that trains: benchmarks/TRIAGE.md. Half an hour.
bench-triage: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.triage

# The Train screen with a million steps, on a slow line: benchmarks/TRAIN_SCREEN.md.
bench-train-screen: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.train_screen

# Which of the labels that were changed are suspected: benchmarks/SUSPICIONS.md.
bench-suspicions: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.suspicions

# How many labels it takes by the order of the pile: benchmarks/LABELS.md.
bench-labels: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.labels_needed

# What journal and checkpoints cost: benchmarks/RELIABILITY.md. Some minutes on a quiet machine.
bench-reliability: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.reliability

# The preset frugal beside Hugging Face's trainer, into the same file. Takes all memory but 2 GiB for a minute.
bench-frugal: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.frugal

bench-smoke: $(TEST_STAMP)
	$(BIN)/python -m benchmarks.run --smoke

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "reviewtui needs Python 3.11 or newer; name one with make PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

# torch first and alone: with it there, nothing below asks for another.
$(STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) torch
	$(PIP) --editable '.[starter]'
	@touch $@

$(TEST_STAMP): $(STAMP)
	$(PIP) --editable '.[starter,dev]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
