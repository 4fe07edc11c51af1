# Two commands matter: `make grade` and `make test`. `make` alone lists the rest.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PYTEST := $(BIN)/pytest
# where packages for machines without internet lie, and the environment that may use the torch of the machine
WHEELS := wheels
GPU_VENV := .venv-gpu
# how many tests run side by side; 0 runs them in one process
WORKERS ?= 2

export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM ?= false

.DEFAULT_GOAL := help
.PHONY: help setup grade release validate check format lint types imports docs test hostile chaos bench gpu wheels clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## install everything into .venv (done by the others when needed)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; name one with: make setup PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV) (about two minutes, once)..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

grade: $(STAMP) ## grade your notebooks: make grade, make grade LAB=2.5.4, make grade NB=path.ipynb
	@$(BIN)/grader grade $(if $(NB),"$(NB)") $(if $(LAB),--lab "$(LAB)") $(ARGS) --exit-zero

release: $(STAMP) ## write the starters in labs/ from solutions/
	@$(BIN)/grader release

validate: $(STAMP) ## prove how strong the checks are: make validate, make validate LAB=2.5.4
	@$(BIN)/grader validate $(if $(LAB),"$(LAB)",--all) --html reports/out/strength.html $(ARGS)

format: $(STAMP) ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lint: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(STAMP)
	@$(BIN)/pyright

imports: $(STAMP)
	@$(BIN)/lint-imports

docs: $(STAMP)
	@$(BIN)/grader release --check
	@$(PYTEST) -q tests/docs

check: lint types imports docs ## format, lint, types, imports, docs: what CI runs before the tests

test: $(STAMP) ## run all tests, in parallel, with coverage
	@$(PYTEST) -n $(WORKERS) --dist loadfile --cov --cov-report=term $(ARGS)

hostile: $(STAMP) ## attack the sandbox, the checks, the Hub and the pages with hostile programs and files
	@GRADER_HOSTILE=all $(PYTEST) -q tests/hostile tests/conformance/test_sandbox.py $(ARGS)

chaos: $(STAMP) ## kill processes of a batch a hundred times, and count what is lost or done twice
	@GRADER_CHAOS_KILLS=100 $(PYTEST) -q --timeout 3600 tests/hostile/test_batch_kills.py $(ARGS)

bench: $(STAMP) ## measure one submission, stage by stage; ARGS=sandbox, ARGS=hub and ARGS=peers measure those
	@$(BIN)/python -m bench $(ARGS)

gpu: ## run all GPU tests and measurements where there is a GPU; PYTHON may be one whose torch has CUDA
	@$(PYTHON) bench/gpu/prepare.py $(GPU_VENV) $(WHEELS)
	@$(GPU_VENV)/bin/python -m bench.gpu $(ARGS)

wheels: $(STAMP) ## fetch what `make gpu` needs for a machine without internet: make wheels FOR=3.12 WITHOUT="numpy"
	@$(BIN)/python -m bench.gpu.wheels $(WHEELS) $(if $(FOR),--for $(FOR)) $(if $(WITHOUT),--without $(WITHOUT))

clean: ## remove what was made here, but not .venv
	@rm -rf runs reports/out bench/out .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov
