# make test installs what the tests start and runs them all: with the lowest
# versions that go.mod allows under the race detector, and with the newest.
# The other targets are for working on the code.

GO      ?= go
TOOLS    = $(GO) tool -modfile=.tools/go.mod
NEWEST   = -modfile=.tools/newest.mod
LIBRARY  = $(addprefix ./ginmaint,/ /maintenance/internal/... /cli/... /metrics)
STORES   = $(addprefix ./ginmaint/,redisstore pgstore sqlstore)
FUZZTIME ?= 20s

.PHONY: compat man test test-lowest test-newest test-neighbours test-guides api install bench lint vuln fuzz soak

test: install test-lowest test-newest test-neighbours test-guides

install:
	.ci/install
	$(TOOLS) -n server >/dev/null

test-lowest:
	$(GO) test -race -shuffle=on -timeout 9m ./...

# test-newest runs the packages that use others, the model and the simulation, which are
# cut short under the race detector, and the conformance of the stores. It leaves out what
# go.mod alone decides.
test-newest:
	$(GO) test $(NEWEST) -skip 'TestFootprint|TestTheProgramOfTheREADME' -shuffle=on -timeout 9m $(LIBRARY)
	$(GO) test $(NEWEST) -run Conformance -shuffle=on -timeout 9m $(STORES)

# test-neighbours runs ginmaint beside other middleware, in a module of its own.
test-neighbours:
	cd .neighbours && $(GO) test -shuffle=on -timeout 5m ./...

# test-guides checks the documents: links, programs, commands, manifests.
test-guides:
	cd .guides && $(GO) test -shuffle=on -timeout 5m ./...

# man writes the manual pages of the command: make man DIR=/usr/local/share/man/man1
man:
	@test -n "$(DIR)" || { echo "name the folder: make man DIR=/usr/local/share/man/man1" >&2; exit 1; }
	cd .guides && $(GO) run ./man "$(abspath $(DIR))"

# api writes the list of what the module exports anew.
api:
	$(GO) test ./ginmaint/internal/api -run TestPromises -update

# compat runs the tests of the Redis store on another server: make compat
# REDIS_SERVER=/path/to/valkey-server. The last line is one for the table in stores/doc.go.
compat:
	@test -x "$(REDIS_SERVER)" || { echo "name a server: make compat REDIS_SERVER=/path/to/server" >&2; exit 1; }
	@dir=$$(mktemp -d) && ln -s "$$(realpath "$(REDIS_SERVER)")" "$$dir/redis-server" && \
		PATH="$$dir:$$PATH" $(GO) test -count=1 -timeout 5m ./ginmaint/redisstore; code=$$?; rm -r "$$dir"; \
		echo "$$("$(REDIS_SERVER)" --version): $$([ $$code = 0 ] && echo passed || echo FAILED), $$(date +%F)"; exit $$code

# bench prints each benchmark's time as a ratio to its baseline in the same run.
bench:
	$(GO) test -run '^$$' -bench . -benchtime 300ms -count 6 ./ginmaint ./ginmaint/maintenance >bench.out
	$(GO) test -run '^$$' -bench . -benchtime 50x ./ginmaint/internal/scale >>bench.out
	awk -f .tools/ratios.awk bench.out

lint:
	$(GO) vet ./...
	$(GO) tool -modfile=.tools/lint.mod golangci-lint run

# vuln fails where the code reaches a known vulnerability, with the lowest
# versions or with the newest.
vuln:
	$(GO) run .tools/vuln.go

# fuzz gives every fuzz target FUZZTIME.
fuzz:
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

# soak plays any number of seeds of the simulation, looks for seeds that find its
# mutants, and is the fire test for an hour or more.
SIMULATION       = ./ginmaint/maintenance/internal/simulation
SIMULATION_START ?= 1
SIMULATION_SEEDS ?= 100000
soak:
	SIMULATION_START=$(SIMULATION_START) SIMULATION_SEEDS=$(SIMULATION_SEEDS) \
		$(GO) test -run 'TestSimulation$$' -timeout 12h -v $(SIMULATION)
	SIMULATION_HUNT=5000 $(GO) test -run 'TestMutants$$' -timeout 12h -v $(SIMULATION)
	FIRE_SWITCHES=5000 $(GO) test -run UnderFire -timeout 3h -v ./ginmaint/internal/fire
	FIRE_ROUNDS=200 $(GO) test -run RollingRestarts -timeout 1h -v ./ginmaint/internal/fire
