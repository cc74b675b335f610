# Every target works on a machine with Go 1.26 and a C compiler; `make test` says
# what it skips for want of other programs, and .ci/run installs those.

DEX := .ci/tools/bin/dex
AXE := .ci/tools/node_modules/axe-core/axe.min.js

# What runs with the race detector: the packages that start something of their own, and of
# the others the tests that do several things at one moment, which their source tells, or
# that build, serve or ask beside something else.
BESIDE = ^($(shell awk '/^func /{name = $$2; sub(/[^A-Za-z0-9_].*/, "", name)} /[.]Go.func|[^a-z]go func|atOnce./ && name ~ /^Test/ {print name}' portal/*_test.go portal/web/*_test.go | sort -u | paste -sd '|' -)|Test(LinkChecker.*|Serve.*|AliveIsNotReady))$$

.PHONY: run build sbom test vuln check bench

run: build
	bin/schoolgate demo

build:
	go build -trimpath -o bin/schoolgate ./cmd/schoolgate

# The list of parts of the program that was built, as CycloneDX.
sbom: build
	go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0 bin -json -output bin/schoolgate.cdx.json bin/schoolgate

test: $(DEX) $(AXE)
	@sh .ci/missing
	go test -timeout 30m ./...

.ci/tools/bin/govulncheck:
	GOBIN=$(CURDIR)/.ci/tools/bin go install golang.org/x/vuln/cmd/govulncheck@v1.9.0

# What is known against the parts. Only a database that is out of reach is passed over.
vuln: .ci/tools/bin/govulncheck
	@out=$$($< ./... 2>&1) && echo "$$out" || case "$$out" in \
	*'"https://vuln.go.dev'*) echo "govulncheck did not reach https://vuln.go.dev, so nothing is known of weaknesses in the parts";; \
	*) echo "$$out"; exit 1;; esac

check: $(DEX) $(AXE) .ci/tools/bin/staticcheck
	@test -z "$$(gofmt -l cmd content portal site themes)" || { gofmt -l cmd content portal site themes; echo "these files are not gofmt'ed"; exit 1; }
	go mod tidy -diff
	go vet ./...
	.ci/tools/bin/staticcheck ./...
	$(MAKE) vuln
	$(MAKE) test
	SCHOOLGATE_TEST_ENGINE=postgres go test -vet=off -timeout 30m ./portal ./portal/web
	go test -race -vet=off -timeout 30m ./portal/ledger ./portal/post ./portal/signin ./portal/store
	SCHOOLGATE_TEST_ENGINE=postgres go test -race -vet=off -timeout 30m -run '$(BESIDE)' ./portal ./portal/web ./site/check ./cmd/schoolgate

# Ratios, each measured in one run against a peer; see the README for what they mean.
bench: .cache/hugo .cache/pocketbase
	SCHOOLGATE_HUGO=$(CURDIR)/.cache/hugo SCHOOLGATE_POCKETBASE=$(CURDIR)/.cache/pocketbase go test -run '^$$' -bench . -benchtime 1x -timeout 30m ./site ./site/check ./site/document ./portal ./portal/lists ./cmd/schoolgate

.cache/hugo: go.mod
	go build -o $@ github.com/gohugoio/hugo

.cache/pocketbase: .ci/bench/go.mod .ci/bench/pocketbase.go
	go -C .ci/bench build -o $(CURDIR)/$@ .

.ci/tools/bin/%: .ci/tools/go.mod
	go -C .ci/tools build -o bin/ $$(go -C .ci/tools list -f '{{.ImportPath}}' tool | grep '/$*$$')

# Without npm the pages are not checked by axe, and .ci/missing says so.
$(AXE): .ci/tools/package.json
	@if command -v npm >/dev/null; then npm --prefix .ci/tools ci --silent --no-audit --no-fund && touch $@; fi
