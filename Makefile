# make demo | test | bench | lint | docs | screenshots | clean. Each does its own set-up in .venv and build/, from package registries only.
# PYTHON=python3.13 make test: with another Python (make clean first). PROCESSES=1: the tests one after the other.

PYTHON ?= python3
# The tests mostly wait for other programs: so many processes keep two processors busy and let no wait become long.
PROCESSES ?= 3
# One of them that crashes ends the run, with what has failed until then: it is a bug, and pytest-xdist stumbles over another.
SHARED := -n $(PROCESSES) --no-loadscope-reorder --max-worker-restart 0
ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python
TREE := build/compiled
INTERPRETED := EVENFLOW_WAY=interpreted PYTHONPATH=src
COMPILED := EVENFLOW_WAY=compiled PYTHONPATH=$(TREE)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# No bytecode beside the sources; but some, as the tests start evenflow a thousand times and each start reads 200 modules.
# Images for containers like to forbid all of it: then every start translates the standard library anew, for 0.6 s.
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache
export PYTHONDONTWRITEBYTECODE :=

.DELETE_ON_ERROR:
.PHONY: help demo test bench lint docs screenshots clean compiled peers

help:
	@echo "make demo    a small cluster and evenflow in front of it; CHECK=1 checks that it works and ends"
	@echo "make test    lint and all tests, the hot rooms interpreted and compiled"
	@echo "make bench   evenflow beside nginx, HAProxy and httpd, deciding and loading; ARGS='--only evenflow,nginx --tls'"
	@echo "make lint    ruff, mypy and the import contracts"
	@echo "make docs    write docs/directives and docs/guide/troubleshooting.md from the program's tables"
	@echo "make screenshots  write docs/images: the manager's page and the demo, as Chromium shows them"
	@echo "make clean   remove what the others made"

demo: export XDG_CACHE_HOME := $(CURDIR)/build/cache
demo: compiled
	@$(COMPILED) $(RUN) -m evenflow demo $(if $(CHECK),--check) $(ARGS)

test: $(VENV)/ready peers lint
	$(INTERPRETED) $(RUN) -m pytest $(SHARED) $(ARGS)
	@$(MAKE) --no-print-directory compiled
	$(COMPILED) $(RUN) -m pytest $(SHARED) -m "not once" $(ARGS)

# With ARGS only the loads that they ask for.
bench: compiled
	@$(COMPILED) $(RUN) bench/run.py $(ARGS)
	@[ -n "$(ARGS)" ] || $(COMPILED) $(RUN) bench/decide.py
	@[ -n "$(ARGS)" ] || $(COMPILED) $(RUN) bench/load.py

lint: $(VENV)/ready
	$(RUN) -m ruff check .
	$(RUN) -m mypy
	PYTHONPATH=src $(VENV)/bin/lint-imports --no-logo

docs: $(VENV)/ready
	@$(INTERPRETED) $(RUN) -m evenflow.tools.reference docs/directives
	@$(INTERPRETED) $(RUN) -m evenflow.tools.troubleshooting docs/guide/troubleshooting.md

# Takes three minutes: the charts show what happened meanwhile.
screenshots: $(VENV)/ready
	@$(INTERPRETED):. $(RUN) tests/screenshots.py $(ARGS)

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis src/*.egg-info

peers:
	@tests/install-peers.sh

# A copy of src with the compiled hot rooms beside their sources, and _cython, which setup.py adds. What no longer has
# a source goes; then only what changed is translated and compiled again, or everything when setup.py itself changed.
compiled: $(VENV)/ready
	@if [ -d $(TREE) ]; then \
	    find $(TREE) -name '*.py' -o -name '*.pxd' -o -name '*.so' | while read -r file; do \
	        source=$${file#$(TREE)/}; \
	        case $$source in */_cython.*) continue;; *.so) source=$${source%%.*}.py;; esac; \
	        [ -e "src/$$source" ] || rm -f "$$file"; \
	    done; \
	fi
	@[ $(TREE)/ready -nt setup.py ] || rm -rf $(TREE) build/cython
	@echo "compiling the hot rooms into $(TREE)"
	@$(RUN) setup.py --quiet build --build-lib $(TREE) >build/compiled.log 2>&1 || { cat build/compiled.log; exit 1; }
	@grep '^evenflow:' build/compiled.log >&2 || true
	@touch $(TREE)/ready

# Everything that pyproject.toml names, with all extras, except the project itself: it runs from src or from build/compiled.
define NEEDS
import tomllib
with open("pyproject.toml", "rb") as file:
    said = tomllib.load(file)
extras = said["project"]["optional-dependencies"].values()
print(*dict.fromkeys(sum(extras, said["build-system"]["requires"] + said["project"]["dependencies"])), sep="\n")
endef
export NEEDS

# Debian keeps venv and the headers in packages of their own; without headers nothing can be compiled.
define PREPARED
import sys, sysconfig
from pathlib import Path
import ensurepip, venv
sys.exit("headers" in sys.argv and not Path(sysconfig.get_path("include"), "Python.h").exists())
endef
export PREPARED
$(VENV)/ready: pyproject.toml
	@mkdir -p build
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "evenflow needs Python 3.11 or newer: make PYTHON=python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -c "$$PREPARED" headers 2>/dev/null || \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	        apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install python3-venv python3-dev || true; \
	    fi
	@$(PYTHON) -c "$$PREPARED" 2>/dev/null || \
	    { echo "$(PYTHON) has no venv: apt-get install python3-venv python3-dev" >&2; exit 1; }
	@[ -x $(RUN) ] || $(PYTHON) -m venv $(VENV)
	@$(RUN) -c "$$NEEDS" >build/needs.txt
	@echo "installing what pyproject.toml names into $(VENV)"
	@$(RUN) -m pip install -qq -r build/needs.txt
	@touch $@
