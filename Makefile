# make test installs what the tests start and runs them all: with the lowest
# versions that go.mod allows under the race detector, and with the newest.
# The other targets are for working on the code.

GO      ?= go
TOOLS    = $(GO) tool -modfile=.tools/go.mod
NEWEST   = -modfile=.tools/newest.mod
LIBRARY  = ./example/... ./templates/... $(addprefix ./ginmaint,/ /maintenance/... /filestore/... /redisstore/... /pgstore/... /sqlstore/... /stores/... /storetest/... /cli/... /cmd/... /internal/attack)
FUZZTIME ?= 20s

.PHONY: test test-lowest test-newest test-neighbours install bench lint vuln fuzz soak

test: install test-lowest test-newest test-neighbours

install:
	.ci/install
	$(TOOLS) -n server >/dev/null

test-lowest:
	$(GO) test -race -shuffle=on -timeout 9m ./...

test-newest:
	$(GO) test $(NEWEST) -shuffle=on -timeout 9m $(LIBRARY)

# test-neighbours runs ginmaint beside other middleware, in a module of its own.
test-neighbours:
	cd .neighbours && $(GO) test -shuffle=on -timeout 5m ./...

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
