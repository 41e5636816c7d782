# `make` prints what there is. Options: PROFILE=smoke|default|full  DATA=folder-or-zip  VGG16=weights.h5
# Of `make faces` and `make race`: N=images-a-class
# Of `make faces`: OUT=folder  VALIDATION=images-a-class  SEED=number  GROUND_TRUTH=yes
PROFILE = default
DATA =
VGG16 =
N =
OUT =
VALIDATION =
SEED =
GROUND_TRUTH =

# The first interpreter that TensorFlow supports.
PYTHON = $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { echo $$python; break; }; done)
VENV = .venv
INSTALLED = $(VENV)/installed
RUN = $(VENV)/bin/python -m
PIP_INSTALL = $(RUN) pip install --quiet --disable-pip-version-check
# The tests' own settings, which make every run a small one, are left out.
MEASURE = $(RUN) pytest --confcutdir=tests/benchmarks -q -s

# What the user gives reaches the programs letter by letter: neither make nor a shell reads it.
export CNNLAB_PROFILE := $(value PROFILE)
export CNNLAB_DATA := $(value DATA)
export CNNLAB_VGG16 := $(value VGG16)
export CNNLAB_N := $(value N)
export CNNLAB_OUT := $(value OUT)
export CNNLAB_VALIDATION := $(value VALIDATION)
export CNNLAB_SEED := $(value SEED)
export CNNLAB_GROUND_TRUTH := $(value GROUND_TRUTH)
unexport PROFILE DATA VGG16 N OUT VALIDATION SEED GROUND_TRUTH

export PYTHONNOUSERSITE = 1
# Names in Persian are printed, and texts read, in any locale.
export PYTHONUTF8 = 1

.DEFAULT_GOAL = help
.PHONY: help report publish studies test torture bench race lab translation data card lint audit faces requirements clean distclean

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' Makefile
	@echo "  options: PROFILE=smoke|default|full  DATA=folder-or-zip  VGG16=weights.h5"
	@echo "  options of faces: N=1..10000  OUT=folder  VALIDATION=1..10000  SEED=0,1,...  GROUND_TRUTH=yes"

report: $(INSTALLED) ## report/report.pdf, report.fa.pdf (Persian): data, training, notebooks, typesetting; only what is stale
	@$(RUN) cnnlab report

publish: report ## copy the reports of the rendered faces, and the README's pictures, to report/published
	@$(RUN) cnnlab publish

studies: $(INSTALLED) ## record accuracy on DATA and measured times under report/studies (hours on PROFILE=full)
	@$(RUN) cnnlab study

test: $(INSTALLED) ## run the tests, every notebook on the smoke profile among them
	@CNNLAB_PROFILE=smoke CNNLAB_DATA= $(RUN) pytest --numprocesses=2 --dist=loadfile

torture: $(INSTALLED) ## kill runs at random moments and give the readers bad data (twenty minutes)
	@PYTHONPATH=tests $(RUN) torture.fuzz_readers
	@PYTHONPATH=tests $(RUN) torture.kill_runs

bench: $(INSTALLED) ## measure renderer, pipelines, training and memory (ten minutes); fails beyond the limits
	@$(MEASURE) tests/benchmarks/bench_rendering.py tests/benchmarks/bench_pipeline.py \
		tests/benchmarks/bench_training.py tests/benchmarks/bench_memory.py

race: $(INSTALLED) ## VGG16's transfer against the usual way, N=100 images a class (twenty minutes)
	@$(MEASURE) tests/benchmarks/bench_transfer.py

lab: $(INSTALLED) ## open JupyterLab on the notebooks; the values of their text are live after Run All
	@$(RUN) cnnlab lab

translation: $(INSTALLED) ## renew report/fa, the Persian text, and say what of it is missing
	@$(RUN) cnnlab translation

data: $(INSTALLED) ## read DATA, or render the faces, and print what there is
	@$(RUN) cnnlab data

card: $(INSTALLED) ## renew the tables of the data card, data/README.md
	@$(RUN) cnnlab card

faces: $(INSTALLED) ## render N faces a class into the folder OUT, in the course's layout with labels.csv
	@$(RUN) cnnlab faces $${CNNLAB_VALIDATION:+--validation="$$CNNLAB_VALIDATION"} \
		$${CNNLAB_SEED:+--seed="$$CNNLAB_SEED"} \
		$${CNNLAB_GROUND_TRUTH:+--ground-truth="$$CNNLAB_GROUND_TRUTH"} -- "$$CNNLAB_N" "$$CNNLAB_OUT"

lint: $(INSTALLED) ## check the style of code and notebooks
	@$(RUN) ruff check src tests notebooks
	@$(RUN) ruff format --check src tests

audit: ## look the pinned dependencies up among known vulnerabilities (needs the package index itself)
	@$(PYTHON) -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@$(VENV)/audit/bin/python -m pip_audit --strict --disable-pip --progress-spinner off -r requirements.txt

requirements: ## pin requirements.txt anew from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --extra test --no-emit-index-url --no-header \
		--generate-hashes --only-binary :all: --upgrade pyproject.toml -o requirements.txt

clean: ## remove the built report and its figures
	rm -rf report/report.pdf report/report.fa.pdf report/*.pdf.json report/build figures/*.svg figures/*.png
	rm -rf .pytest_cache .ruff_cache .hypothesis

distclean: clean ## remove all that was made: faces, caches, trained networks, environment
	rm -rf data/.lock data/.lock.json data/.install.lock data/rendered data/decoded data/features data/trained data/weights data/executed
	rm -rf $(VENV) src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found."; exit 1; }
	@$(PYTHON) src/plumbing/installing.py data/.install.lock $(INSTALLED) ' \
		echo "Installing into $(VENV) (some minutes, 3.5 GB) ..."; \
		$(PYTHON) -m venv $(VENV); \
		$(PIP_INSTALL) --require-hashes --only-binary :all: -r requirements.txt; \
		$(PIP_INSTALL) --no-deps --no-build-isolation -e .'
