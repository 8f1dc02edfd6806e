# Shopkeeper's commands. `make` alone lists them.
PYTHON ?= python3
PORT ?= 8000
DATA ?= shopkeeper.db
VENV := .venv
BIN := $(VENV)/bin
# All that these tests start shares its byte code outside of the sources, and so does pytest. Deployed functions have theirs.
PYTEST := env -u PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX=$(CURDIR)/.pytest_cache/bytecode $(BIN)/python -m pytest
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq install

TRAFFIC := src/shopkeeper/domains/traffic
MINIFY := --toplevel --ecma 2020 --compress passes=3,unsafe_arrows --mangle

.DEFAULT_GOAL := help
.PHONY: help serve test test-fast test-stage test-deploy local-aws tools bench bench-quick check check-pages format openapi contract example facts package distribution lock script traffic-data vendor pictures clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /make \1 — /p' $(MAKEFILE_LIST)

serve: $(VENV)/server ## serve on http://127.0.0.1:8000 from a SQLite file; PORT= and DATA= change both
	@exec $(BIN)/shopkeeper serve --port $(PORT) --data "$(DATA)"

test: check $(VENV)-python-client/done ## run every gate: format, lint, types, tests, the API collection
	@$(PYTEST) -n 3 --dist worksteal $(ARGS)

test-fast: check ## the gates that need no other process: format, lint, types, unit and contract tests on SQLite (two minutes on two cores)
	@$(PYTEST) tests/unit tests/contract -m "not emulator" -n 3 --dist worksteal $(ARGS)

test-stage: $(VENV)/test ## test the stage at BASE_URL in depth; it removes what it makes
	@test -n "$(BASE_URL)" || { echo "make test-stage: BASE_URL= must name the stage's address."; exit 1; }
	@BASE_URL="$(BASE_URL)" $(PYTEST) tests/stage $(ARGS)

test-deploy: check tools example dist/.done $(VENV)-emulator/done ## deploy all three descriptions to an emulator of AWS, prove and remove them
	@$(BIN)/python -m pytest tests/deploy -n 2 --dist loadfile $(ARGS)

bench: $(VENV)/test ## measure us beside what people would use instead (twenty minutes); ARGS="--only on_lambda" measures a part anew
	-@$(MAKE) -s --keep-going package node_modules/.done
	@$(BIN)/python -m benchmarks $(ARGS)

bench-quick: $(VENV)/test ## the same for a first look (four minutes)
	-@$(MAKE) -s --keep-going package node_modules/.done
	@$(BIN)/python -m benchmarks --quick

local-aws: tools dist/.done $(VENV)-emulator/done ## run a stage on an emulator of AWS, with its logs; ARGS="terraform --port 4566" chooses the description and the port
	@exec $(VENV)-deploy/bin/python scripts/local_aws.py $(ARGS)

tools: $(VENV)-deploy/done infrastructure/serverless/node_modules/.done node_modules/.done ## install what deploying needs

check: $(VENV)/test node_modules/.done ## format, lint and types alone
	@$(BIN)/ruff format --check --quiet . || { echo "make test: the format is not ruff's; run 'make format'"; exit 1; }
	@$(BIN)/ruff check --quiet . || { echo "make test: ruff found the faults above"; exit 1; }
	@$(BIN)/mypy --no-error-summary || { echo "make test: mypy found the faults above"; exit 1; }
	@$(MAKE) -s check-pages

# Without Node.js the pages are not checked, visibly; in CI that is a failure.
check-pages:
	@if [ ! -x node_modules/.bin/biome ]; then echo "make check: the pages are not checked, for Node.js is missing."; test "$$CI" != true; exit; fi; \
	faults=$$(node_modules/.bin/biome ci 2>&1) || { echo "$$faults"; echo "make test: biome found the faults above; 'make format' mends some"; exit 1; }; \
	{ node_modules/typescript-7/bin/tsc --project . && node_modules/typescript-7/bin/tsc --project clients/typescript/tests; } || { echo "make test: tsc found the faults above"; exit 1; }

format: $(VENV)/test ## format the code and mend what ruff can
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .
	@if [ -x node_modules/.bin/biome ]; then node_modules/.bin/biome check --write --log-level=error; fi

openapi: $(VENV)/server ## write docs/openapi.json anew
	@$(BIN)/shopkeeper openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json || { rm -f docs/openapi.json.new; exit 1; }
	@if [ -d node_modules/openapi-typescript ]; then node clients/typescript/generate.js clients/typescript/src/schema.ts; fi

example: clients/typescript/dist/.done clients/typescript/example/node_modules/.done ## install the Next.js example

contract: $(VENV)/server ## write docs/openapi.released.json anew, when a version is released
	@$(BIN)/python scripts/compatibility.py release

facts: $(VENV)/server ## write infrastructure/facts.json anew, and what follows from it in the SAM templates
	@$(BIN)/python scripts/facts.py write

package: $(VENV)/server ## build a zip for each function and architecture under dist/
	@$(BIN)/python scripts/package.py
	@touch dist/.done

distribution: $(VENV)/server ## build the Python package, as source and as a wheel, under dist/python
	@rm -rf dist/python
	@$(BIN)/python scripts/distribution.py build dist/python

lock: ## renew the locks under requirements/ (needs uv)
	@scripts/lock.sh

script: node_modules/.done ## minify the script that counts the views of a site
	@node_modules/.bin/terser $(TRAFFIC)/shop.js $(MINIFY) --output $(TRAFFIC)/shop.min.js

traffic-data: $(VENV)/test node_modules/.done ## write anew how crawlers and countries are told, from the locked isbot and tzdata
	@$(BIN)/python scripts/traffic_data.py write

vendor: node_modules/.done ## copy the library of the pages and Swagger UI from node_modules
	@cp node_modules/htm/preact/standalone.module.js src/shopkeeper/pages/static/vendor/preact.js
	@for name in swagger-ui-bundle.js swagger-ui.css; do gzip -9n < node_modules/swagger-ui-dist/$$name > src/shopkeeper/pages/api_docs/$$name.gz; done

pictures: $(VENV)/test node_modules/.done ## make the pictures of the documents anew (needs Chromium)
	@$(BIN)/python -m tests.support.screenshots

clean: ## remove what was installed and built; data files stay
	@rm -rf $(VENV) $(VENV)-deploy $(VENV)-emulator $(VENV)-python-client $(VENV)-bench node_modules infrastructure/serverless/node_modules dist \
		clients/typescript/dist clients/typescript/example/node_modules clients/typescript/example/.next

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Shopkeeper needs Python 3.11 or newer (PYTHON= names it)."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/server: requirements/server.txt pyproject.toml | $(BIN)/python
	@echo "Installing Shopkeeper into $(VENV) …"
	@$(PIP) --require-hashes --requirement requirements/server.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test: requirements/test.txt $(VENV)/server
	@echo "Installing what the tests need …"
	@$(PIP) --require-hashes --requirement requirements/test.txt
	@touch $@

$(VENV)-deploy/done: requirements/deploy.txt | $(BIN)/python
	@echo "Installing what deploying needs …"
	@$(PYTHON) -m venv $(VENV)-deploy
	@$(VENV)-deploy/bin/python -m pip --disable-pip-version-check -qq install --no-deps --require-hashes --requirement $<
	@touch $@

# It wants older versions of libraries that a server uses, so it has an environment of its own.
$(VENV)-python-client/done: requirements/python-client.txt | $(BIN)/python
	@echo "Installing the generator of Python clients …"
	@$(PYTHON) -m venv $(VENV)-python-client
	@$(VENV)-python-client/bin/python -m pip --disable-pip-version-check -qq install --no-deps --require-hashes --requirement $<
	@touch $@

# The emulator runs functions on its own interpreter, and packages are made for Lambda's.
$(VENV)-emulator/done: requirements/emulator.txt
	@$(PYTHON) scripts/python313.py > /dev/null || { echo "The emulator needs Python 3.13, as Lambda has it (PYTHON313= names it)."; exit 1; }
	@echo "Installing the emulator of AWS …"
	@$$($(PYTHON) scripts/python313.py) -m venv $(VENV)-emulator
	@$(VENV)-emulator/bin/python -m pip --disable-pip-version-check -qq install --no-deps --require-hashes --requirement $<
	@touch $@

dist/.done: $(shell find src scripts/package.py scripts/python313.py requirements -name '*.pyc' -prune -o -type f -print) | $(VENV)/server
	@$(MAKE) -s package

infrastructure/serverless/node_modules/.done: infrastructure/serverless/package-lock.json
	@command -v npm > /dev/null || { echo "The Serverless Framework needs Node.js."; exit 1; }
	@cd infrastructure/serverless && npm ci --silent && touch node_modules/.done

clients/typescript/dist/.done: $(shell find clients/typescript/src -type f) clients/typescript/tsconfig.json node_modules/.done
	@node_modules/typescript-7/bin/tsc --project clients/typescript && touch $@

# Next.js is large, and nothing else needs it.
clients/typescript/example/node_modules/.done: clients/typescript/example/package-lock.json
	@command -v npm > /dev/null || { echo "The example needs Node.js."; exit 1; }
	@echo "Installing the example …"
	@cd clients/typescript/example && npm ci --silent && touch node_modules/.done

# Without Node.js the collection and one emulator are skipped, visibly; in CI that is a failure.
node_modules/.done: package-lock.json
	@if command -v npm > /dev/null; then npm ci --silent && touch $@; else mkdir -p node_modules; fi
