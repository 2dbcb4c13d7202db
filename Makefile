# Everything a checkout needs. Two commands matter: `make demo` and `make test`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export UV_PYTHON_DOWNLOADS := never
UV := .boot/bin/uv
RUN := .venv/bin
# An environment that forbids Python to keep what it compiled would let every worker rewrite all tests anew, and every
# program that a test starts compile its modules again.
export PYTHONDONTWRITEBYTECODE :=
FONTS := /usr/share/fonts/truetype
DEBIAN := chromium:chromium node:nodejs npm:npm spamassassin:spamassassin mshow:mblaze \
  /usr/sbin/cron:cron /usr/sbin/logrotate:logrotate systemd-analyze:systemd unshare:util-linux faketime:faketime \
  $(FONTS)/noto:fonts-noto-core $(FONTS)/roboto:fonts-roboto-unhinted $(FONTS)/dejavu:fonts-dejavu-core \
  /usr/sbin/postfix:postfix /usr/lib/postfix/postfix-sqlite.so:postfix-sqlite /usr/sbin/opendkim:opendkim \
  /usr/sbin/dovecot:dovecot-imapd /usr/lib/dovecot/submission:dovecot-submissiond \
  /usr/lib/postgresql/15/bin/postgres:postgresql /usr/sbin/nginx:nginx-light caddy:caddy wrk:wrk
# Mail programs whose packages conflict: unpacked side by side, each into a root of its own, and never installed.
UNPACKED := .debian/.unpacked
GATES := tests/gates
NODE_TOOLS := $(GATES)/node_modules/.package-lock.json

.PHONY: help
help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-13s %s\n", $$1, $$2}'

.PHONY: demo
demo: .venv/.runs ## Set up, then build and send the sample workspace into out/demo
	@$(RUN)/digest demo

.PHONY: demo-cluster
demo-cluster: .venv/.develops packages ## Send the sample workspace's August from three workers over one PostgreSQL; one is killed, one is stopped
	@$(RUN)/python tests/delivery/demo_cluster.py

.PHONY: test
test: .venv/.develops packages ## Set up, then run all tests; two at once on each core, since they wait as long as they work
	@$(RUN)/pytest -n $$((2 * $$(nproc))) --dist loadgroup

.PHONY: quick
quick: .venv/.develops ## For the inner loop: the tests that start no program, server, thread or browser and open no database
	@DIGEST_QUICK=1 $(RUN)/pytest -q -n auto -m "not real and not stored"

.PHONY: torture
torture: .venv/.develops packages ## The fault tests in full, 1,000 kills among them; writes docs/torture.md
	@$(RUN)/python tests/delivery/torture.py

.PHONY: mutants
mutants: .venv/.develops packages ## Put small faults into the code and see whether the tests notice (ONLY='digest/editions/*.py')
	@$(RUN)/python tests/mutation/run.py $(if $(ONLY),'$(ONLY)')

.PHONY: check
check: .venv/.develops ## Check form, types, layers, translations, and libraries against a list of weaknesses
	@$(RUN)/ruff format --check --quiet .
	@$(RUN)/ruff check --quiet .
	@$(RUN)/mypy
	@$(RUN)/lint-imports --no-cache
	@$(RUN)/python tests/translations.py
	@$(RUN)/python tests/supply.py

.PHONY: fuzz
fuzz: .venv/.develops ## Give every parser inputs that nobody would write (EXAMPLES=1000000: each so many)
	@DIGEST_FUZZ=$(or $(EXAMPLES),10000) $(RUN)/pytest -q tests/fuzz tests/site/test_fuzzed_requests.py

.PHONY: sbom
sbom: $(UV) ## List every library that ships, with its version, as CycloneDX: sbom.cdx.json
	@$(UV) export --quiet --frozen --offline --all-extras --no-dev --format cyclonedx1.5 --output-file sbom.cdx.json

# FROM is a clone of the database; left out, it is fetched. Afterwards `make check` asks nobody.
.PHONY: advisories
advisories: .venv/.develops ## Bring the list of known weaknesses up to date
	@test -n "$(FROM)" || { rm -rf .cache/advisories && \
	  git clone --quiet --depth 1 https://github.com/pypa/advisory-database .cache/advisories; }
	@$(RUN)/python tests/supply.py --write $(or $(FROM),.cache/advisories)

.PHONY: bench
bench: .venv/.develops packages ## Measure speed, each row against a yardstick in the same run (WRITE=1: into docs/)
	@$(RUN)/python benchmarks/run.py $(if $(WRITE),--write)

.PHONY: screenshots
screenshots: .venv/.develops packages ## Take the pictures of the README and the docs anew
	@$(RUN)/python docs/pictures/take.py

.PHONY: scorecard
scorecard: .venv/.develops packages ## Judge the mails by every gate and write docs/scorecard.md
	@$(RUN)/python tests/gates/scorecard.py

.PHONY: baseline
baseline: .venv/.develops packages ## Accept what the mails ask of mail programs today
	@ACCEPT_BASELINE=1 $(RUN)/pytest -q tests/gates/test_clients.py

.PHONY: lock
lock: $(UV) ## Update uv.lock, and the page of licences
	@$(UV) lock --upgrade
	@$(UV) sync --quiet --frozen
	@$(RUN)/python tests/supply.py --licences

.PHONY: packages
packages: $(NODE_TOOLS) $(UNPACKED)

# A command, a folder or a file, and Debian's package that brings it. Postfix comes without configuration, so that
# Debian starts none: the tests start their own. No package is removed, not even the exim4 that Postfix would replace.
.PHONY: debian
debian: $(UNPACKED)
	@missing=; for pair in $(DEBIAN); do \
	  command -v "$${pair%:*}" >/dev/null || test -e "$${pair%:*}" || missing="$$missing $${pair#*:}"; \
	done; \
	test -z "$$missing" && exit; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing what the tests need:$$missing"; \
	  { echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections; \
	    apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-remove $$missing; } \
	    >/dev/null; \
	else echo "Missing. Install with: sudo apt-get install$$missing" >&2; fi

# As a file that is touched only when all are there; without apt-get the tests say what is missing.
$(UNPACKED): tests/delivery/debian_roots.py
	@python3 $< .debian || echo "Debian's mail programs could not be unpacked: the tests that use them will say so." >&2

# No script of a package is run. Without npm or network the tests say what is missing.
$(NODE_TOOLS): $(GATES)/package.json $(GATES)/package-lock.json | debian
	@cd $(GATES) && npm ci --ignore-scripts --loglevel=error >/dev/null && touch $(NODE_TOOLS:$(GATES)/%=%) \
	  || echo "npm could not install the tools of $(GATES)." >&2

# uv comes by plain pip into a folder of its own: that works without venv and on an externally managed Python.
$(UV):
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target .boot uv

.venv/.runs: $(UV) pyproject.toml uv.lock
	@$(UV) sync --quiet --frozen --no-dev --inexact --compile-bytecode
	@touch $@

.venv/.develops: $(UV) pyproject.toml uv.lock
	@$(UV) sync --quiet --frozen --compile-bytecode
	@$(RUN)/python -m compileall -q -j 0 digest
	@touch $@ .venv/.runs
