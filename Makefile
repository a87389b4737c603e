# Two commands are enough: `make demo` and `make test`.

SWIFT_BUILD = swift build -c release
MARTLET = .build/release/martlet

.PHONY: help demo build test chaos bench lint docs clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/'

build: ## the program, in .build/release/martlet
	@scripts/setup
	$(SWIFT_BUILD) --product martlet

demo: build ## a shop's transactions become a tested recommender that a server answers from
	$(MARTLET) demo

test: ## every test, the slow ones too
	@scripts/setup test
	$(SWIFT_BUILD) --build-tests
	@scripts/test
	@scripts/examples

chaos: ## every fault of servers, disks and clients under load, with counts
	@scripts/setup test
	$(SWIFT_BUILD) --build-tests
	@scripts/chaos

bench: build ## the races against each peer, in one run each, with ratios; RACES="two-tower dlrm" runs only those
	Benchmarks/run $(RACES)

lint: ## the style, strictly
	swift format lint --strict --recursive Package.swift Sources Tests

docs: ## the symbol graph of every public name, in .build/docs
	scripts/docs

clean: ## remove what was built
	rm -rf .build demo
