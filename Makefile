# Each target sets up what it needs in .venv, from nothing but Python, make and a C++ compiler, and
# does so again only when the C++ sources, the dependencies or the set of modules have changed.
#
#   make demo     compare the agents on three workloads and write demo/report.html
#   make test     run the tests; PYTEST_ARGS= runs the slow ones too
#   make bench    measure how fast archgym is
#   make verify   check at length: legality, hostile input, sanitizers, studies that are killed; an hour
#   make lint     check style and types
#   make clean    remove everything that the targets above made

WORKERS ?= 2
PYTEST_ARGS ?= -m "not slow"

VENV := .venv
BIN := $(VENV)/bin
# The build tools live in .venv, so that CMake's results are reused from one build to the next.
INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check \
	--no-build-isolation --constraint constraints.txt
NATIVE := simulators/native traces/recorder
BUILD_INPUTS := pyproject.toml constraints.txt build/modules $(NATIVE:=/CMakeLists.txt) \
	simulators/native/declarations.py archgym/dram/controller.toml archgym/dram/metrics.toml \
	$(wildcard $(NATIVE:=/*.cpp) $(NATIVE:=/*.hpp) $(NATIVE:=/*.cmake) \
	simulators/native/schedulers/*.hpp)

IS_PYTHON_311 := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
ifeq ($(origin PYTHON), undefined)
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python $(IS_PYTHON_311) 2>/dev/null && echo $$python && break; done)
endif

.PHONY: demo test bench verify lint clean FORCE
.DELETE_ON_ERROR:

demo: $(VENV)/.demo
	@$(BIN)/archgym run experiments/demo.toml --out demo --workers $(WORKERS)

test: $(VENV)/.test
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

bench: $(VENV)/.demo
	@$(BIN)/python -m experiments.speed

verify: $(VENV)/.test
	@$(BIN)/python -m experiments.verify legality
	@$(BIN)/python -m experiments.verify devices
	@$(BIN)/python -m experiments.verify robustness
	@$(BIN)/python -m experiments.verify altered
	@$(BIN)/python -m experiments.verify damage
	@$(BIN)/python -m experiments.verify repair
	@$(BIN)/python -m experiments.verify sanitizers
	@$(BIN)/python -m experiments.verify faults

# Types and imports are checked on the built wheel, in which packages have the names that they are
# imported by; without site, which would find the editable install first.
lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	find simulators traces -name '*.[ch]pp' -exec $(BIN)/clang-format --dry-run --Werror {} +
	@rm -rf build/wheel build/typecheck
	@$(BIN)/python -m pip wheel --quiet --quiet --disable-pip-version-check --no-build-isolation --no-deps \
		--wheel-dir build/wheel .
	@$(BIN)/python -m zipfile --extract build/wheel/archgym-*.whl build/typecheck
	cd build/typecheck && MYPYPATH=../../examples/cache-gym ../../$(BIN)/mypy --config-file ../../pyproject.toml \
		--package archgym --package archgym_command --package cache_gym
	cd build/typecheck && PYTHONPATH=".:$$(../../$(BIN)/python -c \
		'import sysconfig; print(sysconfig.get_path("purelib"))')" ../../$(BIN)/python -S -c \
		'import sys; from importlinter.cli import lint_imports; \
		sys.exit(lint_imports(config_filename="../../pyproject.toml", no_cache=True))'

clean:
	rm -rf $(VENV) build demo dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.demo: $(VENV)/.build-tools $(BUILD_INPUTS)
	@echo "Building archgym and installing what the demo needs"
	@$(INSTALL) --editable '.[search,report]'
	@touch $@

# Everything the demo needs is among what the tests need.
$(VENV)/.test: $(VENV)/.build-tools $(BUILD_INPUTS)
	@echo "Building archgym and installing what the tests need"
	@$(INSTALL) --editable '.[all]' --group test
	@touch $(VENV)/.demo $@

$(VENV)/.lint: $(VENV)/.test
	@$(INSTALL) --group lint
	@touch $@

$(VENV)/.build-tools: $(VENV)/.created pyproject.toml constraints.txt
	@$(BIN)/python -c "import tomllib; build = tomllib.load(open('pyproject.toml', 'rb')); \
		print(*build['build-system']['requires'], 'cmake', 'ninja', sep='\n')" > $@.txt
	@$(INSTALL) --requirement $@.txt
	@touch $@

$(VENV)/.created:
	@test -n "$(PYTHON)" && $(PYTHON) $(IS_PYTHON_311) || { \
		echo "archgym needs Python 3.11 or newer: install it, or name it with" \
			"make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "archgym needs the venv module of $(PYTHON)" \
			"(on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@$(PYTHON) -c 'import pathlib, sysconfig; \
		pathlib.Path(sysconfig.get_path("include"), "Python.h").stat()' 2>/dev/null || { \
		echo "archgym needs the C headers of $(PYTHON)" \
			"(on Debian and Ubuntu: apt install python3-dev)" >&2; exit 1; }
	@printf '#include <bit>\n#include <concepts>\n#include <span>\nint main() {}\n' | \
		$${CXX:-c++} -std=c++20 -fsyntax-only -x c++ - 2>/dev/null || { \
		echo "archgym needs a C++20 compiler, and $${CXX:-c++} is none: install g++ 10, clang 13" \
			"or newer, or name one with CXX=/path/to/compiler make" >&2; exit 1; }
	@echo "Making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@touch $@

# An editable install knows the modules there were when it was made.
build/modules: FORCE
	@mkdir -p build
	@find archgym agents simulators traces -name '*.py' | sort > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
