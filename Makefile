# Every target sets up what it needs: `make demo` or `make test` on a fresh clone is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO := demo
ROLLOUTS := 16

.PHONY: install demo docs test check bench soak clean

install: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Palimpsest needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[local,calendar,dev]'
	touch $@

# A real model of 135 million parameters, which needs its reply begun for it, very small documents and edits that keep the
# format; then simulated models of known error rates. Run again, the demo continues its store.
LOCAL := --model local: --guided --temperature 0 --doc-tokens 60 --round-trips 2 --distractors 0

demo: install
	@mkdir -p $(DEMO)
	$(BIN)/palimpsest run $(LOCAL) --documents 2 --domains accounting --schedule single:eur_to_chf --store $(DEMO)/real.db
	$(BIN)/palimpsest run $(LOCAL) --documents 2 --domains subtitles --schedule single:conform_to_24_fps --store $(DEMO)/real.db
	$(BIN)/palimpsest run $(LOCAL) --domains recipe --schedule single:triple_servings --seed 1 --store $(DEMO)/real.db
	$(BIN)/palimpsest run --model sim:oracle --model sim:frontier --model sim:noop --domains accounting,subtitles,recipe \
	  --round-trips 10 --store $(DEMO)/sim.db
	$(BIN)/palimpsest horizon run --model sim:conditioner --model sim:recomputer --turns 50 --rates 1%,25%,100% \
	  --store $(DEMO)/scripted.db
	$(BIN)/palimpsest horizon run --model local: --guided --temperature 0 --task add --material 9 --turns 6 --rollouts $(ROLLOUTS) \
	  --rates 25%,50%,100% --store $(DEMO)/horizon.db
	$(BIN)/palimpsest show $(DEMO)/real.db
	$(BIN)/palimpsest show $(DEMO)/sim.db
	$(BIN)/palimpsest diff $(DEMO)/real.db --chain 1
	$(BIN)/palimpsest report $(DEMO)/real.db $(DEMO)/sim.db $(DEMO)/horizon.db $(DEMO)/scripted.db -o $(DEMO)/report

docs: install
	$(BIN)/python -m tests.pages

test: install
	$(BIN)/python -m pytest -n 2 --dist worksteal -q

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 --dist worksteal -q

bench: install
	$(BIN)/python -m tests.bench

# Ten thousand hops under every fault a server can show, killed again and again; at most ten minutes.
soak: install
	$(BIN)/python -m tests.soak

clean:
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
