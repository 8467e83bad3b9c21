#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The JSON reader against Python's and against libFuzzer. Spec: RFC 8259.

load ../lib/common

# bats test_tags=long
@test "json: 200,000 mutated texts are read as Python reads them, and four minutes of fuzzing hold" {
  require swiftc python3
  "$CONFORMANCE/faults/fuzz/json/run" 100000 240
}
