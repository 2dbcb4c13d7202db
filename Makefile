# Everything a checkout needs. Two commands matter: `make demo` and `make test`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export UV_PYTHON_DOWNLOADS := never
UV := .boot/bin/uv
RUN := .venv/bin
DEBIAN_PACKAGES := chromium

.PHONY: help
help: ## Show this help
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: demo
demo: .venv/.runs ## Set up, then build and send the sample workspace into out/demo
	@$(RUN)/digest demo

.PHONY: test
test: .venv/.develops packages ## Set up, then run all tests (12 minutes at most)
	@$(RUN)/pytest -n auto --dist loadgroup

.PHONY: check
check: .venv/.develops ## Check form, types, layers and translations
	@$(RUN)/ruff format --check --quiet .
	@$(RUN)/ruff check --quiet .
	@$(RUN)/mypy
	@$(RUN)/lint-imports --no-cache
	@$(RUN)/python tests/translations.py

.PHONY: bench
bench: .venv/.develops ## Measure speed, each row against a yardstick in the same run
	@$(RUN)/python benchmarks/run.py

.PHONY: screenshots
screenshots: .venv/.develops packages ## Take the pictures of the README and the docs anew
	@$(RUN)/python docs/pictures/take.py

.PHONY: lock
lock: $(UV) ## Update uv.lock
	@$(UV) lock --upgrade

.PHONY: packages
packages:
	@for package in $(DEBIAN_PACKAGES); do \
	  command -v $$package >/dev/null && continue; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing $$package, which the tests need."; \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$package; } >/dev/null; \
	  else echo "Missing: $$package. Install it with: sudo apt-get install $$package" >&2; fi; \
	done

# uv comes by plain pip into a folder of its own: that works without venv and on an externally managed Python.
$(UV):
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target .boot uv

.venv/.runs: $(UV) pyproject.toml uv.lock
	@$(UV) sync --quiet --frozen --no-dev --inexact --compile-bytecode
	@touch $@

.venv/.develops: $(UV) pyproject.toml uv.lock
	@$(UV) sync --quiet --frozen --compile-bytecode
	@touch $@ .venv/.runs
