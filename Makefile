# Everything a person does with this checkout. `make` alone prints this list.
# Each target first gets what it needs and says what it installs; see tools/prepare.py.

PYTHON ?= python3
# Test processes side by side; each starts its own PostgreSQL and its own browsers.
JOBS ?= 2
# More words for pytest, such as: make test ARGS="-k withdraw"
ARGS ?=
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test faults fuzz check fix banner pictures wheel lock \
	bench bench-page bench-banner bench-device bench-console bench-exports bench-records bench-server \
	ready ready-to-test ready-to-bench
MAKEFLAGS += --no-print-directory

help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: ready ## Serve a product page with the banner, and the console, on SQLite
	@$(BIN)/consent-server demo

# loadfile: tests of one file stay in one process, so that a service is started once per file. The
# order is that of tests/conftest.py.
test: ready-to-test ## Run all tests, on SQLite and PostgreSQL, in Chromium, Firefox and WebKit
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

faults: ready-to-test ## Kill the service 50 times, take its database away for 30 s (5 min)
	@FAULT_ROUNDS=50 FAULT_AWAY_SECONDS=30 FAULT_RESULT=bench/results/faults.json $(BIN)/python -m pytest tests/faults --durations=15 $(ARGS)

fuzz: ready-to-test ## Send what nobody should to every public address (2 min; FUZZ_EXAMPLES=400)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-400} $(BIN)/python -m pytest tests/contract/test_fuzz.py $(ARGS)

check: ready-to-test ## Check style, types, import rules and the built banner
	@$(BIN)/python -m tools.check

fix: ready-to-test ## Repair what ruff can repair by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

banner: ready-to-test ## Build static/embed.js from banner/ and print its sizes
	@$(BIN)/python -m tools.banner build
	@$(BIN)/python -m bench.sizes

bench: bench-page bench-banner bench-server ## All measurements below; update README and docs

bench-page: ready-to-test ## Measure what a page pays for the banner (20 s)
	@$(BIN)/python -m bench.page_cost --write --readme

# 15 rounds; fewer with ARGS="--rounds 5"
bench-banner: ready-to-bench ## Measure our banner beside others (30 min on a quiet machine)
	@$(BIN)/python -m bench.banner --write $(ARGS)

bench-device: ready-to-test ## Measure how soon the device of a visit is known (20 s)
	@$(BIN)/python -m bench.device --write

# SQLite alone: ARGS="--engine sqlite"; 30 GB of disk while it runs
bench-records: ready-to-bench ## Measure lists of ten million records on both engines (25 min)
	@$(BIN)/python -m bench.records --write $(ARGS)

bench-console: ready-to-test ## Measure the pages of the console on a million records (2 min)
	@$(BIN)/python -m bench.console --write

# Fewer rows with ARGS="--rows 200000"
bench-exports: ready-to-test ## Measure exports in each file format on a million records (6 min)
	@$(BIN)/python -m bench.exports_files --write $(ARGS)

# One section: ARGS="embed"; sections and options: .venv/bin/python -m bench.server --help
bench-server: ready-to-bench ## Measure the server beside others (40 min on a quiet machine)
	@$(BIN)/python -m bench.server --write $(ARGS)

pictures: ready-to-test ## Take the pictures of the README anew (20 s)
	@$(BIN)/python -m tools.pictures

wheel: ready-to-test ## Build the wheel into dist/
	@$(BIN)/python -m build --wheel --no-isolation

lock: ready ## Pin the newest allowed versions of all packages in requirements/
	@$(BIN)/python -m tools.lock

ready:
	@$(PYTHON) -m tools.prepare run

ready-to-test:
	@$(PYTHON) -m tools.prepare test

ready-to-bench:
	@$(PYTHON) -m tools.prepare bench
