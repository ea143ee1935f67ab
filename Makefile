# One Makefile in front of CMake. `make help` lists what there is.

# TIDY=1 make test    clang-tidy as well
# ONLY="unit asan" make test    these stages only (checks unit asan tidy integration attacks guest)

BUILD   := build
JOBS    := $(shell nproc)
PREFIX  ?= /usr/local
DESTDIR ?=
ONLY    ?=

# Configured once; CMake itself looks again whenever one of its files changes.
configured = $(BUILD)/$(1)/Makefile

.PHONY: all run test install pages attacks bench asan fuzz tidy vectors format check clean help packages-build packages-run packages-test packages-fuzz

all: packages-build ## release binary: build/release/husk
	@$(MAKE) --no-print-directory $(call configured,release)
	@cmake --build $(BUILD)/release -j $(JOBS)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1 - /p' $(MAKEFILE_LIST) | sort | awk -F' - ' '{ printf "make %-9s %s\n", $$1, $$2 }'

packages-build packages-run packages-test packages-fuzz: packages-%:
	@packages/ensure $*

$(BUILD)/%/Makefile: CMakePresets.json
	@cmake --preset $* >/dev/null
	@touch $@

run: packages-run all ## runs a busybox container that prints what it sees
	@tests/demo.sh $(BUILD)/release/husk

test: packages-build packages-test ## everything: checks, unit tests, sanitizers, integration tests (as root)
	@TIDY=$(TIDY) tests/run.sh $(ONLY)

check: packages-test ## the checks of the source tree alone
	@tests/run.sh checks

asan: packages-build packages-test ## unit tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@tests/run.sh asan

attacks: packages-build packages-test ## the attacks of the past, against husk and against a weakened one (as root)
	@tests/run.sh attacks

fuzz: packages-build packages-fuzz $(BUILD)/fuzz/Makefile ## fuzzers, FUZZ_SECONDS each (default 60)
	@cmake --build $(BUILD)/fuzz -j $(JOBS) --target fuzzers
	@tests/fuzz/run.sh

tidy: packages-build packages-test $(BUILD)/tidy/Makefile ## clang-tidy over the library and the command
	@cmake --build $(BUILD)/tidy -j $(JOBS) --target husk-cli

vectors: packages-test ## fetches the runtime-spec's own schema test vectors for the unit tests
	@tests/vectors.sh

bench: packages-run all ## run /bin/true: husk, its peers and a bare C floor
	@bench/bench.sh

pages: all ## writes the manual pages in docs/man anew
	@$(BUILD)/release/husk manual --format markdown --directory docs/man

install: all ## PREFIX (default /usr/local) and DESTDIR are respected
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD)/release --prefix $(PREFIX)

format: ## clang-format over all of it
	@tests/checks/format.sh --fix

clean: ## removes the build folder
	rm -rf $(BUILD)
