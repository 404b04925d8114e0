# make help: what can be made. Needs Node 20.11 or newer, npm, and a Debian or Fedora for `setup`.

NODE_TS := node --import ./register.mjs
BIN := node_modules/.bin
# Where the archives of `make bench` are kept between runs; on a disk, not in memory.
BENCH_FOLDER ?= /var/tmp/qubes-rpc-bench
export BENCH_FOLDER

.DEFAULT_GOAL := build
# Where `make install` puts what: PREFIX is part of the paths that are installed, DESTDIR is not.
PREFIX ?= /usr
DESTDIR ?=
# The folder of packages and releases.
RELEASE := dist/release

.PHONY: help setup build install rpm deb dist check test test-qrexec bench demo man generate coverage format clean

help: ## this list
	@awk -F ' ## ' '/^[a-z-]+:.* ## / { sub(/:.*/, "", $$1); printf "%-12s%s\n", $$1, $$2 }' Makefile

setup: node_modules/.package-lock.json ## what the other targets need: packages, programs of the system
	@sh .ci/install-tools

# No package needs its install script.
node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

build: node_modules/.package-lock.json ## programs into dist/bin, services into dist/services
	node build.mjs

install: build ## all of it into /etc/qubes-rpc and PREFIX, for a system of one's own: make install DESTDIR=folder
	$(NODE_TS) rpm/install.ts '$(DESTDIR)' '$(PREFIX)'

rpm: build ## packages for dom0 and templates of Fedora, and what they are built from, in dist/rpm
	$(NODE_TS) rpm/make-rpm.ts dist/rpm

deb: build ## packages for templates of Debian, in dist/deb
	$(NODE_TS) rpm/make-deb.ts dist/deb

dist: rpm deb ## a release in dist/release: tarballs, packages, bill of materials, checksums
	rm -rf $(RELEASE)
	mkdir -p $(RELEASE)
	cp dist/rpm/* dist/deb/* $(RELEASE)
	$(NODE_TS) rpm/make-dist.ts $(RELEASE)

check: node_modules/.package-lock.json ## types, lint, layers, dead code, format
	$(BIN)/tsc -p .
	$(BIN)/eslint .
	$(BIN)/depcruise --no-progress $(wildcard lib services)
	$(BIN)/knip
	$(BIN)/prettier --check .

test: setup build ## all tests; some of them: make test TESTS='test/archive/*.test.ts'
	$(NODE_TS) test/run.ts $(TESTS)

test-qrexec: setup rpm ## our services over the real qrexec: make test-qrexec QREXEC_FOLDER=folder with its programs
	@test -n '$(QREXEC_FOLDER)' || echo 'Skipped: QREXEC_FOLDER does not say where the programs of qrexec are.'
	QREXEC_FOLDER='$(QREXEC_FOLDER)' $(NODE_TS) test/run.ts test/qrexec/real-*.test.ts

coverage: setup build ## all tests, and which lines they leave out: coverage/index.html
	$(BIN)/c8 --all --include 'lib/**' --include 'services/**' --reporter text --reporter html \
	  $(NODE_TS) test/run.ts $(TESTS)

bench: setup build ## speed and memory as ratios, of restoring and of the Admin API
	$(NODE_TS) bench/main.ts $(BENCH_ARGS)

demo: build ## lists, verifies and recovers a real backup out of a backup qube
	$(NODE_TS) test/demo.ts

man: $(patsubst docs/man/%,dist/man/%.gz,$(wildcard docs/man/*.[1-8])) ## compressed man pages into dist/man

dist/man/%.gz: docs/man/%
	@mkdir -p $(@D)
	gzip -9nc $< >$@

generate: node_modules/.package-lock.json ## the policy and the reference of the services, from their declarations
	$(NODE_TS) docs/generate.ts

format: node_modules/.package-lock.json ## formats all files
	$(BIN)/prettier --write .

clean: ## removes all that was made, except node_modules
	rm -rf dist coverage
	rm -rf -- '$(BENCH_FOLDER)'
