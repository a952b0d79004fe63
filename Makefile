# The front door: each target sets up what it needs first. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
JOBS ?= $(shell nproc)
LISTEN ?= 127.0.0.1:8080
DATA ?= theater-data
# Seconds each fuzz target runs.
FUZZ_SECONDS := $(or $(SECONDS),10)
# Seeds that the simulation plays.
SIM_SEEDS := $(or $(SEEDS),10000)
# One test more than there are cores: the tests from outside wait for half of their time.
TEST_JOBS ?= $(shell echo $$(($(JOBS) + 1)))
# How ctest is called; the runner's summary is the last thing it prints.
CTEST := ctest -j $(TEST_JOBS) --output-on-failure --no-tests=error

.PHONY: help setup setup-tests configure build run test conformance check asan tsan tidy fmt bench \
	bench-peers fuzz sim clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: ## install what the build needs (says what and why)
	@tools/setup

setup-tests:
	@tools/setup --tests

# Configured once; CMake itself notices later changes.
build/release/build.ninja: | setup
	@cmake --preset release

build: setup build/release/build.ninja ## leave build/bin/theater and build/actors/NAME.wasm
	@cmake --build build/release -j $(JOBS) --target theater theater_actors
	@mkdir -p build/bin && ln -sfn ../release/bin/theater build/bin/theater

run: build ## start the chat sample on 127.0.0.1:8080 (LISTEN=ADDRESS:PORT, DATA=DIR)
	@build/bin/theater run actors/chat/chat.toml --data $(DATA) --var listen=$(LISTEN)

test: setup-tests build ## build and run every test
	@cmake --build build/release -j $(JOBS)
	@$(CTEST) --test-dir build/release

conformance: setup-tests build ## every WebSocket case, both roles; HTTP as others see it
	@cargo install --quiet --locked --root build/tools smugglex@0.4.0
	@[ -x build/tools/redbot/bin/redbot ] || { python3 -m venv build/tools/redbot && \
	  build/tools/redbot/bin/python -m pip install -q --disable-pip-version-check redbot==2.7.1; }
	@THEATER_BUILD=build/release build/tools/python/bin/python tests/smuggling_scan.py
	@THEATER_BUILD=build/release build/tools/python/bin/python tests/redbot_scan.py
	@THEATER_BUILD=build/release CONFORMANCE=all build/tools/python/bin/python \
	  tests/websocket_client_test.py WebSocketClientTest.test_everything
	@THEATER_BUILD=build/release CONFORMANCE=all build/tools/python/bin/python \
	  tests/conformance_test.py

check: test asan tsan ## all that must hold before a change lands

asan: build ## the unit tests, conformance sets included, under AddressSanitizer and UBSan
	@cmake --preset asan && cmake --build build/asan -j $(JOBS)
	@$(CTEST) --test-dir build/asan -L unit

tsan: build ## the unit tests, conformance sets included, under ThreadSanitizer
	@cmake --preset tsan && cmake --build build/tsan -j $(JOBS)
	@$(CTEST) --test-dir build/tsan -L unit

tidy: setup ## the house rules that a program can check
	@tools/tidy.py

fmt: setup ## lay the sources out (clang-format)
	@tools/format

bench: setup-tests build ## measure; tables go to docs/benchmarks/
	@cmake --build build/release -j $(JOBS)
	@build/tools/python/bin/python tools/bench.py

bench-peers: setup-tests build ## the durable counter beside workerd's (npm, 160 MB, build/tools/peers)
	@cmake --build build/release -j $(JOBS)
	@build/tools/python/bin/python tools/bench_peers.py

fuzz: setup ## run every fuzz target for SECONDS=N each (default 10)
	@cmake --preset fuzz && cmake --build build/fuzz -j $(JOBS)
	@set -e; for target in $$(find build/fuzz -name "*_fuzz" -type f -perm -u+x); do echo "fuzz: $$target"; \
	  mkdir -p build/fuzz/corpus/$$(basename $$target); \
	  $$target -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
	    build/fuzz/corpus/$$(basename $$target) $$(ls -d fuzz/corpus/$$(basename $$target)); done

sim: setup build/release/build.ninja ## play SEEDS=N seeds (default 10000) of the simulated core
	@cmake --build build/release -j $(JOBS) --target theater_sim
	@build/release/sim/theater_sim --guest build/release/guests/ledger.wasm \
	  --cache build/release/sim/cache --jobs $(JOBS) --seeds $(SIM_SEEDS) --probes

clean: ## remove everything that was built (build/)
	@rm -rf build
