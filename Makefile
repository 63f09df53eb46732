# `make demo` and `make test` are all that a newcomer needs; `make help` lists the rest.

PYTHON ?= python3
CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),$(CARGO_BUILD_TARGET_DIR),target)
GENOMENAS = "$(TARGET)/release/genomenas"

# Where the demo writes, and more options for its comparison: make demo DEMO_ARGS="--budget 512samples"
DEMO_DIR ?= target/demo
DEMO_ARGS ?=
# The packages of Python that tests import.
PACKAGES = "$(TARGET)/python"
DEMO_DATA = examples/data/mini.2bit examples/data/mini_annotation.bed.gz

export PYTHON

.PHONY: help demo test python-packages build libtorch libtorch-cuda prerequisites fmt lint docs check
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

help:
	@echo 'make demo           build everything and compare three strategies on real yeast DNA'
	@echo 'make test           build everything and run every test'
	@echo 'make build          build everything (one profile: release)'
	@echo 'make libtorch       fetch libtorch for the CPU, unless LIBTORCH or LIBTORCH_USE_PYTORCH names one'
	@echo 'make libtorch-cuda  fetch libtorch for CUDA (about 3 GB)'
	@echo 'make check          fmt + lint + docs: formatting, clippy and rustdoc without a warning'

demo: $(DEMO_DIR)/yeast-mini.arrow
	$(GENOMENAS) compare examples/demo.toml --data $< --out $(DEMO_DIR)/comparison $(DEMO_ARGS)

$(DEMO_DIR)/yeast-mini.arrow: $(DEMO_DATA) | build
	@mkdir -p $(DEMO_DIR)
	$(GENOMENAS) data import windows --genome examples/data/mini.2bit --labels examples/data/mini_annotation.bed.gz \
		--valid chr9 --test chr8 --out $@

test: build python-packages
	$(PYTHON) host/scripts/test_libtorch.py --buffer
	$(CARGO) test --release --workspace
	PYTHONPATH=$(PACKAGES) GENOMENAS=$(GENOMENAS) $(PYTHON) tests/python/test_store.py --buffer
	$(CARGO) test --release --manifest-path examples/my-strategy/Cargo.toml --target-dir "$(TARGET)/my-strategy"

# Beside the build, and in no environment of Python's own: on Debian that needs one more package.
python-packages: prerequisites
	@cmp -s tests/python/requirements.txt $(PACKAGES)/requirements.txt || { \
		rm -rf $(PACKAGES) && \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --target $(PACKAGES) -r tests/python/requirements.txt && \
		cp tests/python/requirements.txt $(PACKAGES)/; }

build: libtorch
	@ls "$(TARGET)"/release/build/torch-sys-*/out/libtch.a >/dev/null 2>&1 || \
		echo "libtorch's bindings compile for about 4 minutes, once; cargo shows no progress for them."
	$(CARGO) build --release --workspace

libtorch: prerequisites
	@$(PYTHON) host/scripts/libtorch.py cpu

libtorch-cuda: prerequisites
	@$(PYTHON) host/scripts/libtorch.py cuda

prerequisites:
	@sh host/scripts/prerequisites.sh

fmt:
	$(CARGO) fmt --all --check

lint: libtorch
	$(CARGO) clippy --release --workspace --all-targets -- -D warnings

docs: libtorch
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --no-deps --workspace

check: fmt lint docs
