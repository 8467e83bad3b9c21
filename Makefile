# SPDX-License-Identifier: Apache-2.0
#
#   make               both programs, optimised, in .build/bin
#   make demo          an image becomes a bundle, the bundle a contained process (root)
#   make test          laws, unit tests and what of conformance is quick on this machine
#   make ci            the same, and the quick part of the guests, where cgroup v2 is whole (root)
#   make conformance   everything: the long runs, the other runtimes, all guests
#   make bench         swrun against crun, runc and the kernel's floor; swimg pull against skopeo
#   make format        formats all Swift sources
#   make install       programs, manual pages, completions and examples (PREFIX, DESTDIR)

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
CC ?= cc
BIN := .build/bin
RELEASE := .build/release
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
EXAMPLEDIR ?= $(PREFIX)/share/doc/swrun/examples
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
# Static C programs for conformance: as small as they go, so that making one costs nothing.
TOOLFLAGS := -std=gnu11 -O2 -Wall -Wextra -Werror -static -s

.PHONY: all programs tools demo test ci conformance bench format install check-packages clean

all: programs

# SwiftPM knows best what is out of date, so it is always asked. swrun is linked fully static (the
# manifest says so for release builds), swimg carries Swift inside and uses the system's C libraries.
programs: check-packages
	$(SWIFT) build -c release --static-swift-stdlib --product swrun
	$(SWIFT) build -c release --static-swift-stdlib --product swimg
	@mkdir -p $(BIN)
	@for program in swrun swimg; do \
	  cmp -s $(RELEASE)/$$program $(BIN)/.$$program.whole && [ -x $(BIN)/$$program ] && continue; \
	  cp $(RELEASE)/$$program $(BIN)/.$$program.whole && \
	  strip -o $(BIN)/.$$program.new $(BIN)/.$$program.whole && \
	  mv $(BIN)/.$$program.new $(BIN)/$$program || exit 1; \
	done

tools: $(BIN)/probe $(BIN)/floor $(BIN)/measure $(BIN)/racer $(BIN)/attacker

$(BIN)/probe: conformance/probe/probe.c
$(BIN)/floor: conformance/bench/floor.c
$(BIN)/measure: conformance/bench/measure.c
$(BIN)/racer: conformance/attacks/racer.c
$(BIN)/attacker: conformance/attacks/attacker.c
$(BIN)/probe $(BIN)/floor $(BIN)/measure $(BIN)/racer $(BIN)/attacker:
	@mkdir -p $(BIN)
	$(CC) $(TOOLFLAGS) -o $@ $<

check-packages:
	@conformance/packages build

demo:
	@conformance/packages demo
	@$(MAKE) --no-print-directory programs
	@conformance/demo/demo

test:
	@conformance/packages test
	@$(MAKE) --no-print-directory programs tools
	@conformance/all

ci:
	@conformance/packages test
	@$(MAKE) --no-print-directory programs tools
	@conformance/all --guest

conformance:
	@conformance/packages test
	@$(MAKE) --no-print-directory programs tools
	@conformance/all --guest --long

bench:
	@conformance/packages test
	@$(MAKE) --no-print-directory programs tools
	@conformance/bench/bench
	@/usr/bin/python3 -B conformance/bench/pull.py

format:
	$(SWIFT) format format --in-place --parallel --recursive Package.swift Sources Tests

install: programs
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BIN)/swrun $(DESTDIR)$(PREFIX)/sbin/swrun
	install -m 755 $(BIN)/swimg $(DESTDIR)$(PREFIX)/bin/swimg
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8
	install -d $(DESTDIR)$(EXAMPLEDIR)
	install -m 644 examples/* $(DESTDIR)$(EXAMPLEDIR)
	install -d $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR)
	$(BIN)/swrun completion bash >$(DESTDIR)$(BASHDIR)/swrun
	$(BIN)/swrun completion zsh >$(DESTDIR)$(ZSHDIR)/_swrun
	$(BIN)/swrun completion fish >$(DESTDIR)$(FISHDIR)/swrun.fish
	$(BIN)/swimg --generate-completion-script bash >$(DESTDIR)$(BASHDIR)/swimg
	$(BIN)/swimg --generate-completion-script zsh >$(DESTDIR)$(ZSHDIR)/_swimg
	$(BIN)/swimg --generate-completion-script fish >$(DESTDIR)$(FISHDIR)/swimg.fish

clean:
	rm -rf .build
