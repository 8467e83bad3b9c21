#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# SIGKILL at random points of what moves images, with another process at work in the same store.

load registry

setup() { begin_registry; }
teardown() { end_registry; }

killed_everywhere() {
  image sound
  timeout 3000 "$PYTHON" -B "$CONFORMANCE/image/kill_at_random.py" "$SWIMG" "$SERVER" "$1" \
    >killed.out 2>&1 3>&- || fail "$(cat killed.out)"
  sed 's/^/# /' killed.out >&3
}

@test "pull, push, load, rm and prune killed 15 times lose nothing" {
  killed_everywhere 15
}

# bats test_tags=long
@test "pull, push, load, rm and prune killed 200 times lose nothing and go on where they were" {
  killed_everywhere 200
}
