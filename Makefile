# Every entry to the house. `make build` needs only the [build] packages, `make test` adds [console] and [test].
# Nothing here is clever: cmake presets say how things are compiled, tests/run says what CI runs.
SHELL := /bin/bash
.DEFAULT_GOAL := build
SECTIONS ?= build console test
JOBS ?= $(shell nproc)

.PHONY: deps build demo test bench bench-large format soak deb clean

deps:            ## install Debian packages, and for tests what npm has: make deps SECTIONS="build"
	@packaging/install-dependencies $(SECTIONS)
	@case " $(SECTIONS) " in *" test "*) tests/npm.py ;; esac

build:           ## build/release/myelin
	@packaging/install-dependencies build
	@mkdir -p build && cmake --preset release > build/configure.log || { cat build/configure.log; exit 1; }
	@cmake --build build/release --target myelin -j $(JOBS)

demo:            ## one command: build, run, kill, count
	@$(MAKE) --no-print-directory build
	@packaging/demo/run

test:            ## everything that CI runs; closes with "N passed, N failed"
	@packaging/install-dependencies build console test
	@tests/run $(ARGS)

bench:           ## figures beside their baseline, measured in the same run
	@packaging/install-dependencies build test
	@tests/bench/run $(ARGS)

bench-large:     ## ten million messages kept: says first what disk and time it wants (ARGS="--kept 2000000")
	@packaging/install-dependencies build test
	@tests/bench/run --large $(ARGS)

format:          ## clang-format over every C++ file of the tree
	@packaging/install-dependencies test
	@git ls-files -z '*.h' '*.cpp' | xargs -0 -r clang-format-19 -i

soak:            ## the long campaign, in parts: make soak PART="kills peers endurance power sim sanitizers threads fuzzers clang-tidy"
	@packaging/install-dependencies build console test soak
	@tests/run --soak $(PART)

deb:             ## the Debian package, into build/deb
	@packaging/install-dependencies build soak
	@packaging/build-deb

clean:
	@rm -rf build
