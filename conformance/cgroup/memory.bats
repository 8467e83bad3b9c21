# SPDX-License-Identifier: Apache-2.0
# config-linux.md#memory, read back and felt.
load cgroup

@test "a limit becomes memory.max" {
  require_controller memory
  becomes_limited '{"memory": {"limit": 67108864}}' memory.max 67108864 memory.swap.max max
  becomes_limited '{"memory": {"limit": -1, "reservation": 4096}}' memory.max max
  becomes_limited '{"memory": {"limit": 0, "reservation": 4096}}' memory.max max
}

@test "a reservation becomes memory.low" {
  require_controller memory
  becomes_limited '{"memory": {"reservation": 33554432}}' memory.low 33554432 memory.max max
  becomes_limited '{"memory": {"limit": 67108864, "reservation": 33554432}}' \
    memory.low 33554432 memory.max 67108864
}

@test "a reservation without limit is max" {
  require_controller memory
  becomes_limited '{"memory": {"reservation": -1}}' memory.low max
}

# config.json counts memory and swap together, cgroup v2 swap alone.
@test "swap becomes the difference" {
  require_controller memory
  becomes_limited '{"memory": {"limit": 67108864, "swap": 100663296}}' \
    memory.max 67108864 memory.swap.max 33554432
  becomes_limited '{"memory": {"limit": 67108864, "swap": 67108864}}' memory.swap.max 0
  becomes_limited '{"memory": {"limit": 67108864, "swap": -1}}' memory.swap.max max
  becomes_limited '{"memory": {"limit": 67108864, "swap": 0}}' memory.swap.max max
  becomes_limited '{"memory": {"limit": -1, "swap": 0, "reservation": 4096}}' memory.swap.max max
  becomes_limited '{"memory": {"limit": -1, "swap": -1, "reservation": 4096}}' memory.swap.max max
}

@test "swap without a limit is refused" {
  require_controller memory
  is_refused '{"memory": {"swap": 67108864}}' memory.swap memory.limit
  is_refused '{"memory": {"limit": 0, "swap": 67108864}}' memory.swap memory.limit
}

@test "swap below the limit is refused" {
  require_controller memory
  is_refused '{"memory": {"limit": 67108864, "swap": 33554432}}' memory.swap 33554432 67108864
}

@test "an amount below -1 is refused" {
  require_controller memory
  is_refused '{"memory": {"limit": -2}}' memory/limit
  is_refused '{"memory": {"limit": 67108864, "swap": -2}}' memory/swap
}

@test "checkBeforeUpdate does not stand in the way of a new container" {
  require_controller memory
  becomes_limited '{"memory": {"limit": 67108864, "checkBeforeUpdate": true}}' memory.max 67108864
}

@test "a hog is killed at memory.max and the kernel's counters say so" {
  require_controller memory
  # Each turn doubles the text.
  entry /bin/sh -c 'text=0123456789abcdef; while :; do text=$text$text; done'
  made '{"memory": {"limit": 33554432, "swap": 33554432}}'
  ok runtime start c1
  becomes stopped
  [ "$(event memory.events oom_kill)" -ge 1 ] || fail "$(cat "$GROUP/memory.events")"
  ok runtime delete c1
}

@test "a hog under run ends like a process that was killed" {
  require_controller memory
  entry /bin/sh -c 'text=0123456789abcdef; while :; do text=$text$text; done'
  resources '{"memory": {"limit": 33554432, "swap": 33554432}}'
  capture runtime run --bundle "$BUNDLE" c1
  [ "$status" -eq 137 ] || fail "exit $status"
}

@test "memory.oom.group by unified: the innocent die with the hog" {
  require_controller memory
  # The container's first process is small, and survives unless the group goes as a whole.
  entry /bin/sh -c '(text=0123456789abcdef; while :; do text=$text$text; done); echo survived
    sleep 1000'
  resources '{"memory": {"limit": 33554432, "swap": 33554432},
    "unified": {"memory.oom.group": "1"}}'
  launch create c1
  reads memory.oom.group 1
  ok runtime start c1
  becomes stopped
  [ "$(event memory.events oom_group_kill)" -ge 1 ]
  unless grep -q survived "$BATS_TEST_TMPDIR/c1.out"
}
