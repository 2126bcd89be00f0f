# Thin: Meson and Ninja build, the scripts do. `make help` lists what people use.
BUILD := build
SANITIZED := build-asan
MESON := meson
# The functions' static binaries and packages are built by the same Meson project.

.DEFAULT_GOAL := build
.PHONY: help setup build build-asan demo deploy-local deploy-local-destroy test lint format coverage bench package release fuzz clean

help:
	@printf '%s\n' \
	  'make build     the server, the command line and the functions (build/gleaner)' \
	  'make demo      real images through the whole pipeline on this machine' \
  'make deploy-local   source, plan, your approval, apply and smoke test on this machine, as on AWS (APPROVE=plan SHA-256)' \
  'make deploy-local-destroy   removes that deployment' \
	  'make test      every test, in the release build and with sanitizers' \
	  'make package   reproducible function packages for AWS, x86_64 and arm64' \
	  'make release   the archive that a release has for this architecture' \
	  'make lint      layers, style, static analysis' \
	  'make format    format the C files' \
	  'make coverage  which lines and branches the tests run: build-coverage/report' \
	  'make bench     measurements, beside what they are compared with' \
	  'make fuzz      fuzz each parser for a minute (TARGET=name, SECONDS_EACH=n)' \
	  'make clean     remove what was built'

setup:
	@scripts/setup.sh

$(BUILD)/build.ninja: | setup
	@$(MESON) setup $(BUILD) --buildtype=debugoptimized >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

$(SANITIZED)/build.ninja: | setup
	@$(MESON) setup $(SANITIZED) --buildtype=debugoptimized -Db_sanitize=address,undefined -Dfunctions=false >$(SANITIZED).log 2>&1 || { cat $(SANITIZED).log; exit 1; }
	@rm -f $(SANITIZED).log

build: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

build-asan: $(SANITIZED)/build.ninja
	@ninja -C $(SANITIZED) --quiet

demo: build
	@python3 scripts/demo.py

deploy-local: build
	@scripts/setup.sh deploy
	@APPROVE='$(APPROVE)' ci/deploy-local.sh

deploy-local-destroy: build
	@ci/deploy-local.sh destroy

test: build build-asan
	@scripts/setup.sh test
	@scripts/package.sh >/dev/null || [ $$? -eq 75 ]
	@python3 tests/run.py $(ARGS)

lint: setup
	@scripts/setup.sh lint
	@scripts/lint.sh

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

coverage: setup
	@scripts/setup.sh test
	@scripts/setup.sh coverage
	@scripts/coverage.sh

bench: build
	@scripts/setup.sh bench
	@python3 bench/run.py

package: setup
	@scripts/setup.sh package
	@scripts/package.sh

release: build
	@scripts/release.sh

fuzz: setup
	@scripts/fuzz.sh

clean:
	rm -rf $(BUILD) $(SANITIZED) build-*
