# crmock: see README.md. `make help` lists what there is to do.
VERSION := 0.1.0
CC := gcc
PYTHON := /usr/bin/python3
PREFIX := /usr/local

# VARIANT: a sanitized build in a folder of its own, build/asan or build/tsan.
VARIANT :=
SANITIZE_asan := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZE_tsan := -fsanitize=thread
SANITIZE_fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZE_cover := -fprofile-instr-generate -fcoverage-mapping
OPTIMIZE := $(if $(VARIANT),-O1 -g,-O2 -g -D_FORTIFY_SOURCE=2)
B := build$(addprefix /,$(VARIANT))

PACKAGES := libmicrohttpd libcjson sqlite3 glib-2.0 gnutls
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wvla -Werror
HARDENING := -fstack-protector-strong -fPIE
# Library headers are the system's: their warnings are not ours.
CPPFLAGS = -Iserver -I$B -D_GNU_SOURCE -DCRMOCK_VERSION='"$(VERSION)"' \
	$(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES) 2>/dev/null))
CFLAGS = -std=c17 $(OPTIMIZE) $(WARNINGS) $(HARDENING) $(SANITIZE_$(VARIANT)) -pthread
LDFLAGS = -pie -Wl,-z,relro,-z,now,--as-needed $(SANITIZE_$(VARIANT)) -pthread
LDLIBS = $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
CHECK_CPPFLAGS = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags check 2>/dev/null))
CHECK_LDLIBS = $(shell pkg-config --libs check 2>/dev/null)

SOURCES := $(sort $(wildcard server/*.c server/*/*.c server/*/*/*.c))
TEST_SOURCES := $(sort $(wildcard tests/unit/*.c))
EMBEDDED := schema.sql server/api/openapi.json server/api/metadata.json server/api/endpoints/oauth.css $(sort $(wildcard fixtures/*/*.json))
# Served packed, as most browsers ask for it: the console, and the pages of the documentation that its views read.
PACKED := server/console/index.html $(sort $(wildcard $(addprefix server/console/*.,css js svg))) docs/gallery.md docs/sdks.md
OBJECTS := $(SOURCES:%.c=$B/%.o) $B/embedded.o $B/digest.o
TEST_OBJECTS := $(TEST_SOURCES:%.c=$B/%.o) $(filter-out $B/server/main.o,$(OBJECTS))

.PHONY: all help deps run test check-all asan tsan valgrind test-sdk test-clients test-recipes test-browser test-console schemathesis fuzz torture soak mutate bench lint format format-check install clean
.DELETE_ON_ERROR:
all: $B/crmock ## build build/crmock

help: ## list the targets
	@sed -n 's/^\([a-z -]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 18

$B/crmock: $(OBJECTS)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$B/unit: $(TEST_OBJECTS)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(CHECK_LDLIBS)

$B/%.o: %.c $B/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$B/tests/%.o: CPPFLAGS += $(CHECK_CPPFLAGS) -Itests/unit

# schema.sql and the default fixtures, as the binary carries them; for fuzzing without the record that fails
# on purpose, and with few others. What is packed has neither a time nor a name, so that the same source makes the same bytes.
EMBED_LESS := sed -e '/"fault": true/d' -e 's/"generate": [0-9][0-9][0-9][0-9][0-9]*/"generate": 60/'
EMBED := $(if $(filter fuzz cover,$(VARIANT)),$(EMBED_LESS),cat)
PACK := gzip -9 -n
$B/embedded.c: $(EMBEDDED) $(PACKED) Makefile
	@mkdir -p $(@D)
	@{ echo '#include "base/embedded.h"'; n=0; \
	for f in $(EMBEDDED) $(PACKED); do n=$$((n + 1)); printf 'static const char text%d[] = {' $$n; \
	case ' $(PACKED) ' in *" $$f "*) $(PACK) ;; *) $(EMBED) ;; esac <"$$f" | od -An -v -td1 | sed 's/[0-9][0-9]*/&,/g'; echo '0};'; done; \
	echo 'const struct embedded_file embedded_files[] = {'; n=0; \
	for f in $(EMBEDDED) $(PACKED:%=%.gz); do n=$$((n + 1)); \
	printf '{"%s", text%d, text%d + sizeof text%d - 1},\n' "$$f" $$n $$n $$n; done; \
	echo '};'; echo "const size_t embedded_count = $$n;"; } >$@
$B/embedded.o: $B/embedded.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# What crmock is built from, as one text: snapshots of loaded fixtures are good for the same sources only.
$B/digest.c: $(EMBEDDED) $(PACKED) $(SOURCES) $(wildcard server/*.h server/*/*.h server/*/*/*.h) Makefile
	@mkdir -p $(@D)
	@printf 'extern const char source_digest[];\nconst char source_digest[] = "%s";\n' \
	"$$(cat $^ | sha256sum | cut -c 1-64)" >$@
$B/digest.o: $B/digest.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Another compiler or other flags: build again.
FLAGS = $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
$B/flags: force
	@mkdir -p $(@D); echo '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || echo '$(subst ','\'',$(FLAGS))' >$@
.PHONY: force
-include $(wildcard $B/server/*.d $B/server/*/*.d $B/server/*/*/*.d $B/tests/*/*.d)

# What is missing of these is installed, by apt; nothing is done when nothing is missing.
BUILD_DEPS := gcc libc6-dev make pkg-config libmicrohttpd-dev libcjson-dev libsqlite3-dev libglib2.0-dev \
	libcurl4-gnutls-dev libgnutls28-dev tzdata curl
TEST_DEPS := $(BUILD_DEPS) check libasan8 libubsan1 libtsan2 python3 python3-pytest python3-pytest-xdist python3-jsonschema python3-hypothesis python3-requests sqlite3 openssl
CHECK_DEPS := $(TEST_DEPS) python3-venv valgrind clang clang-format clang-tidy libclang-rt-14-dev
apt_install = root=; [ "$$(id -u)" = 0 ] || root=sudo; $$root apt-get update -qq && \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) \
	>build-deps.log 2>&1 || { cat build-deps.log; exit 1; }; rm -f build-deps.log
define install_missing
	@missing=; for p in $(1); do \
	[ "$$(dpkg-query -W -f '$${Status}' $$p 2>/dev/null)" = "install ok installed" ] || missing="$$missing $$p"; \
	done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; $(call apt_install,$$missing); fi
endef

deps: ## install what is missing to build, test and check (Debian packages)
	$(call install_missing,$(CHECK_DEPS))
.PHONY: deps-build deps-test deps-bench
deps-build:
	$(call install_missing,$(BUILD_DEPS))
deps-bench:
	$(call install_missing,$(BUILD_DEPS) python3 wrk openssl)
deps-test:
	$(call install_missing,$(TEST_DEPS))

# A build is a make of its own: what pkg-config says is known only once the packages are there.
run: deps-build ## install, build and start crmock on 127.0.0.1:8080
	@$(MAKE) --no-print-directory -s -j all
	@printf '%s\n' 'Try, in another terminal:' '' \
	"curl -X POST http://127.0.0.1:8080/crm/v8/Deals/actions/mass_update -H 'Authorization: Zoho-oauthtoken 1000.crmock.admin' -d '{\"data\":[{\"Lead_Source\":\"Advertisement\"}],\"ids\":[\"554023000000497007\",\"554023000000497021\"]}'" '' \
	'To see what was asked, in a browser: http://127.0.0.1:8080/_crmock/' ''
	@exec build/crmock

test: deps-test ## install, build and run every test; ends with "N passed, N failed"
	@$(MAKE) --no-print-directory -s -j all
	@$(MAKE) --no-print-directory -s -j VARIANT=asan build/asan/unit
	@$(PYTHON) tests/run.py build/crmock build/asan/unit

# What tests/run.py is to leave out.
TESTS :=
asan tsan: ## the whole test run under ASan+UBSan, or under TSan; TESTS="--cases 4" for a sample
	@$(MAKE) --no-print-directory -s -j VARIANT=$@ build/$@/unit build/$@/crmock
	$(PYTHON) tests/run.py $(TESTS) build/$@/crmock build/$@/unit

valgrind: ## the whole test run under valgrind; likewise
	@$(MAKE) --no-print-directory -s -j all build/unit
	$(PYTHON) tests/run.py --valgrind $(TESTS) build/crmock build/unit

lint: format-check ## clang's warnings and clang-tidy
	@$(MAKE) --no-print-directory -s -j VARIANT=clang CC=clang build/clang/unit build/clang/crmock
	@printf '%s\n' -std=c17 $(CPPFLAGS) $(CHECK_CPPFLAGS) -I$(CURDIR)/server -I$(CURDIR)/tests/unit -I$(CURDIR)/tests/fuzz -DFUZZ_FOLDER='""' >build/clang/compile_flags.txt
	@printf '%s\n' $(SOURCES) $(TEST_SOURCES) $(wildcard tests/fuzz/*.c) | xargs -P 2 -n 6 clang-tidy --quiet -p build/clang
format: ## lay the code out
	clang-format -i $(wildcard server/*.[ch] server/*/*.[ch] server/*/*/*.[ch] tests/*/*.[ch])
format-check:
	@clang-format --dry-run --Werror $(wildcard server/*.[ch] server/*/*.[ch] server/*/*/*.[ch] tests/*/*.[ch])

# What all need is installed first, for apt is used by one at a time. Those who wait for a disk, a network or a clock run beside each
# other, in two lists. make test has run the unit suites under ASan; of what is slowest the same sample is taken each time: all
# functions or some of each file, with some of their cases, and no unit tests that take seconds. A part's output comes whole at its
# end, and what each part has taken: of a run that is cut off, the last list is what is left.
.PHONY: check-clients check-server
CHECKED := build/checked
define check
@started=$$(date +%s); log=$(CHECKED)/$(firstword $(1)); $(MAKE) --no-print-directory $(1) >$$log 2>&1; status=$$?; cat $$log; \
[ $$status = 0 ] || { echo "$$(($$(date +%s) - started)) s: make $(subst ",,$(1))" >>$(CHECKED)/failed; exit $$status; }; \
echo "$$(($$(date +%s) - started)) s: make $(subst ",,$(1))" >>$(CHECKED)/taken && echo "Taken so far:" && cat $(CHECKED)/taken
endef
check-all: deps deps-package deps-image deps-npm deps-clients deps-recipes deps-browser deps-console ## make test, then everything slower: linters, packages, SDKs, other clients, a browser, the console, Schemathesis, fuzzing, kills, a soak; sanitizers and valgrind, sampled
	@rm -rf $(CHECKED) && mkdir -p $(CHECKED)
	$(call check,test)
	$(call check,lint)
	$(MAKE) --no-print-directory -j 2 check-clients check-server
	$(call check,asan TESTS="--only api --cases 1")
	$(call check,tsan TESTS="--short --functions 4 --cases 1")
check-clients:
	$(call check,test-package)
	$(call check,test-image)
	$(call check,test-sdk)
	$(call check,test-clients)
	$(call check,test-recipes)
check-server:
	$(call check,fuzz-replay)
	$(call check,fuzz)
	$(call check,torture TORTURE_KILLS=60)
	$(call check,soak SOAK_SECONDS=10)
	$(call check,test-browser)
	$(call check,test-console)
	$(call check,schemathesis SCHEMATHESIS_EXAMPLES=50)
	$(call check,valgrind TESTS="--functions 1 --cases 1")

# From PyPI, in a folder of its own.
SCHEMATHESIS := schemathesis==4.32.5
SCHEMATHESIS_EXAMPLES := 100
build/venv/$(SCHEMATHESIS):
	rm -rf build/venv && $(PYTHON) -m venv build/venv
	build/venv/bin/pip install --quiet $(SCHEMATHESIS) && touch $@
schemathesis: deps build/venv/$(SCHEMATHESIS) ## Schemathesis, every check on, against /openapi.json; SCHEMATHESIS_EXAMPLES (100) an operation
	@$(MAKE) --no-print-directory -s -j all
	@$(PYTHON) tests/schemathesis/run.py build/venv/bin/schemathesis --max-examples $(SCHEMATHESIS_EXAMPLES)

# Fuzz targets, a door each: built by clang, VARIANT=fuzz, or VARIANT=cover to see what they reach.
FUZZ_TARGETS := http form json match faults control body criteria fixtures options store respond connect
FUZZ_SHARED := $B/tests/fuzz/fuzz.o $B/tests/fuzz/fuzz_app.o $B/tests/fuzz/fuzz_json.o $B/tests/fuzz/fuzz_seen.o \
	$B/tests/fuzz/fuzz_call.o $B/tests/fuzz/fuzz_schema.o
$B/tests/fuzz/%.o: CPPFLAGS += -Itests/fuzz -DFUZZ_FOLDER='"$(CURDIR)/tests/fuzz"'
$(FUZZ_TARGETS:%=$B/%): $B/%: $B/tests/fuzz/%.o $(FUZZ_SHARED) $(filter-out $B/server/main.o,$(OBJECTS))
	$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)
.PHONY: fuzz-targets fuzz-long fuzz-replay fuzz-coverage
fuzz-targets: $(FUZZ_TARGETS:%=$B/%)

BUILD_FUZZERS = $(MAKE) --no-print-directory -s -j VARIANT=$(1) CC=clang fuzz-targets
FUZZ_SECONDS := 60
FUZZ_LONG_SECONDS := 3600
fuzz: deps ## libFuzzer at every door, for FUZZ_SECONDS (60) in all; FUZZ_ONLY="http form" for some
	@$(call BUILD_FUZZERS,fuzz)
	@$(PYTHON) tests/fuzz/run.py fuzz build/fuzz --seconds $(FUZZ_SECONDS) $(or $(FUZZ_ONLY),$(FUZZ_TARGETS))
fuzz-long: deps ## the same for FUZZ_LONG_SECONDS (3600), two targets side by side
	@$(call BUILD_FUZZERS,fuzz)
	@$(PYTHON) tests/fuzz/run.py fuzz build/fuzz --seconds $(FUZZ_LONG_SECONDS) --side-by-side 2 $(or $(FUZZ_ONLY),$(FUZZ_TARGETS))
fuzz-replay: deps ## every input of tests/fuzz/corpus once
	@$(call BUILD_FUZZERS,fuzz)
	@$(PYTHON) tests/fuzz/run.py replay build/fuzz $(or $(FUZZ_ONLY),$(FUZZ_TARGETS))
fuzz-coverage: deps ## the lines that the fuzzers' inputs reach
	$(call install_missing,llvm)
	@$(call BUILD_FUZZERS,cover)
	@$(PYTHON) tests/fuzz/run.py coverage build/cover $(or $(FUZZ_ONLY),$(FUZZ_TARGETS))

TORTURE_KILLS := 200
torture: deps ## SIGKILL at TORTURE_KILLS (200) random moments; TORTURE_SEED repeats a run
	@$(MAKE) --no-print-directory -s -j all
	@$(PYTHON) tests/torture/run.py build/crmock $(TORTURE_KILLS) $(TORTURE_SEED)

mutate: deps-test ## change MUTATE_COUNT (30) operators, one at a time, and list those that no test sees; MUTATE_SEED, MUTATE_FILES
	@$(PYTHON) tests/mutate/run.py

SOAK_SECONDS := 120
soak: deps ## hostile clients beside ordinary ones, SOAK_SECONDS (120) a phase; also with VARIANT=asan
	@$(MAKE) --no-print-directory -s -j all
	@$(PYTHON) tests/soak/run.py $B/crmock $(SOAK_SECONDS)

.PHONY: deps-npm
deps-npm:
	@command -v node >/dev/null && command -v npm >/dev/null || { $(call apt_install,nodejs npm); }
# What a package.json, the first prerequisite, asks for, into the target's folder.
define npm_install
	@mkdir -p $(@D) && cp $< $(@D)
	cd $(@D) && npm install --silent --no-audit --no-fund
endef

# The official SDKs, from their registries, as they are.
# What a package forgets to ask for stands behind a +.
PYTHON_SDKS := zcrmsdk==3.1.0+mysql-connector-python==26.10.0 zohocrmsdk2-1==3.0.0 zohocrmsdk5-0==2.0.0 zohocrmsdk6-0==8.0.0 zohocrmsdk7-0==6.0.0 zohocrmsdk8-0==7.0.0
# What others wrote for the service, as it is.
PYTHON_CLIENTS := airbyte-source-zoho-crm==0.3.6 zoho-crm-connector==1.0.3
build/sdk/installed: tests/sdk/package.json Makefile | deps-npm
	$(npm_install)
	cd $(@D) && for p in $(PYTHON_SDKS) $(PYTHON_CLIENTS); do \
	v=venv-$${p%%==*}; rm -rf $$v && $(PYTHON) -m venv $$v && \
	$$v/bin/pip install --quiet $$(echo $$p | tr + ' ') || exit 1; done
	@touch $@
test-sdk: deps build/sdk/installed ## the official SDKs and others' programs, unmodified, against crmock
	@$(MAKE) --no-print-directory -s -j all
	@$(PYTHON) tests/sdk/run.py build/crmock build/sdk

# What is there of the clients is taken as it is; Java is not installed.
.PHONY: deps-clients
deps-clients:
	$(call install_missing,$(BUILD_DEPS) python3 python3-jsonschema python3-requests)
	@missing=; command -v node >/dev/null || missing=nodejs; command -v go >/dev/null || missing="$$missing golang-go"; \
	[ -z "$$missing" ] || { $(call apt_install,$$missing); }
test-clients: deps-clients ## what curl, requests, fetch, net/http and a JDK's clients make of each fault
	@$(MAKE) --no-print-directory -s -j all
	@PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/clients/run.py build/crmock build/clients

# Java, .NET and Docker are taken where they are.
.PHONY: deps-recipes
deps-recipes:
	$(call install_missing,$(BUILD_DEPS) python3 python3-pytest python3-requests php-cli php-curl phpunit ruby ruby-minitest)
	@missing=; command -v node >/dev/null || missing=nodejs; command -v go >/dev/null || missing="$$missing golang-go"; \
	[ -z "$$missing" ] || { $(call apt_install,$$missing); }
test-recipes: deps-recipes ## the recipes of docs/recipes, as printed, where their toolchain is; RECIPES="go junit" for some
	@$(MAKE) --no-print-directory -s -j all
	@$(PYTHON) tests/recipes/run.py build/crmock build/recipes $(RECIPES)

# Debian's browser and its driver.
.PHONY: deps-browser
deps-browser:
	$(call install_missing,$(BUILD_DEPS) python3 python3-pytest python3-jsonschema python3-selenium chromium chromium-driver)
test-browser: deps-browser ## logins in a real browser, without a screen; screenshots in build/browser
	@$(MAKE) --no-print-directory -s -j all
	@PYTHONDONTWRITEBYTECODE=1 CRMOCK=$(CURDIR)/build/crmock $(PYTHON) -m pytest -q -p no:cacheprovider tests/browser

# What drives the browser is from npm; the browser is Debian's.
.PHONY: deps-console
deps-console:
	$(call install_missing,$(BUILD_DEPS) chromium)
build/console/installed: tests/console/package.json | deps-npm
	$(npm_install)
	@touch $@
test-console: deps-console build/console/installed ## the console in a real browser, without a screen; screenshots in build/console; CONSOLE="jobs try" for some views
	@$(MAKE) --no-print-directory -s -j all
	@CRMOCK=$(CURDIR)/build/crmock node tests/console/run.mjs $(CONSOLE)

bench: deps-bench ## crmock's speed as ratios beside its limits
	@$(MAKE) --no-print-directory -s -j all build/bare
	@$(PYTHON) tests/bench/bench.py build/crmock build/bare
build/bare: tests/bench/bare.c build/flags
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LDLIBS)

# A packed copy of fixtures, as an image has, is read by zlib.
PACKAGES += zlib

# Packages of every kind. What is packed has the commit's time, and no folder's name: the same source makes the same bytes.
CFLAGS += $(if $(VARIANT),,-ffile-prefix-map=$(CURDIR)=.)
SOURCE_DATE_EPOCH ?= $(shell { [ -e .git ] && git log -1 --format=%ct; } 2>/dev/null || stat -c %Y Makefile)
DEB_REVISION := 1
DIST := build/dist
IMAGE_FLAGS :=
.PHONY: image deb dist deps-deb deps-image deps-package test-image test-package
image: ## build the image crmock:VERSION by docker, podman or buildah; IMAGE_FLAGS="--build-arg BASE=debian:bookworm-slim"
	@docker/image/build.sh $(VERSION) $(IMAGE_FLAGS)

# The man page and the completions are made from what --help says of each command, which argp is not to fold. Which commands there are
# it says when it is asked for another one.
HELP := ARGP_HELP_FMT=header-col=0,opt-doc-col=40,rmargin=1000
SHELLS := bash zsh fish
build/help: build/crmock Makefile
	@for command in $$(build/crmock help . 2>&1 | sed 's/.*: expected //; s/,//g'); do $(HELP) build/crmock help "$$command" || exit; done >$@
build/man/commands: build/help docker/package/help.awk docker/package/man.awk
	@mkdir -p $(@D)
	awk -f docker/package/help.awk -f docker/package/man.awk build/help >$@
build/man/crmock.1: build/crmock build/man/commands docker/package/crmock.1.in
	$(HELP) SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) help2man --no-info --section 1 --name "a local stand-in for Zoho CRM's Mass Update API" \
	--manual 'crmock manual' --include build/man/commands --include docker/package/crmock.1.in --output $@ build/crmock
$(SHELLS:%=build/completions/%): build/completions/%: build/help docker/package/help.awk docker/package/completions.awk
	@mkdir -p $(@D)
	awk -v shell=$* -f docker/package/help.awk -f docker/package/completions.awk build/help >$@

# help2man is asked for by nothing else: without it there is no man page.
HELP2MAN = $(shell command -v help2man 2>/dev/null)
install: all $(if $(HELP2MAN),build/man/crmock.1) $(SHELLS:%=build/completions/%) ## install the program, man page, completions and unit under PREFIX (/usr/local)
	install -D -m 755 build/crmock $(DESTDIR)$(PREFIX)/bin/crmock
	$(if $(HELP2MAN),install -D -m 644 build/man/crmock.1 $(DESTDIR)$(PREFIX)/share/man/man1/crmock.1,@echo 'no man page: help2man is not there')
	install -D -m 644 build/completions/bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/crmock
	install -D -m 644 build/completions/zsh $(DESTDIR)$(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)/_crmock
	install -D -m 644 build/completions/fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/crmock.fish
	mkdir -p $(DESTDIR)$(PREFIX)/lib/systemd/user
	sed 's|@PREFIX@|$(PREFIX)|' docker/package/crmock.service.in >$(DESTDIR)$(PREFIX)/lib/systemd/user/crmock.service

DEB_DEPS := $(BUILD_DEPS) dpkg-dev help2man
deps-deb:
	$(call install_missing,$(DEB_DEPS))
deb: deps-deb ## build a Debian package in build/dist
	@$(MAKE) --no-print-directory -s -j all
	@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) docker/package/deb.sh $(VERSION)-$(DEB_REVISION) $(DIST)

dist: ## pack the commit's source, and say the checksums of what is in build/dist
	$(call install_missing,git xz-utils)
	@mkdir -p $(DIST)
	@git archive --format tar --prefix crmock-$(VERSION)/ HEAD | xz -9 -T 1 >$(DIST)/crmock-$(VERSION).tar.xz
	@cd $(DIST) && sha256sum $$(ls crmock-$(VERSION).tar.xz crmock_$(VERSION)-*.deb 2>/dev/null) | tee SHA256SUMS

# These run as root: what is made is unpacked where nothing else is.
PACKAGE_DEPS := $(DEB_DEPS) python3 python3-pytest python3-yaml debootstrap xz-utils
deps-image:
	$(call install_missing,$(PACKAGE_DEPS) buildah iproute2 openssl)
test-image: deps-image ## build the image by buildah on a bare Debian, and run it with its root not writable; as root
	@PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -q -p no:cacheprovider tests/package/test_image.py
deps-package:
	$(call install_missing,$(PACKAGE_DEPS) docker-compose fish lintian man-db mandoc python3-venv systemd zsh)
test-package: deps-package ## build the Debian package and the tarball, use them on a bare Debian, and hold the files of docker/ against schemas; as root
	@PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -q -p no:cacheprovider tests/package --ignore tests/package/test_image.py

clean: ## remove build/
	rm -rf build
