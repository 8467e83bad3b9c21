# SPDX-License-Identifier: Apache-2.0
# An update is made whole or not at all, whatever fails and whoever is killed.
load ../lib/common
setup() { begin; require_cgroup2; [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"; }
teardown() { finish; }

# Every limit that can be read, with its value.
snapshot() {
  (cd "$GROUP" && grep -H . cpu.idle cpu.max cpu.max.burst cpu.weight cpuset.cpus io.max \
    io.weight memory.high memory.low memory.max memory.swap.max memory.oom.group pids.max \
    2>/dev/null) || true
}

limited() {
  edit '.linux.resources += $resources' --argjson resources '{
    "memory": {"limit": 268435456, "swap": 301989888, "reservation": 33554432},
    "cpu": {"shares": 512, "quota": 50000, "period": 200000, "burst": 10000},
    "pids": {"limit": 40}}'
  started
}

# unchanged_by RESOURCES: the update fails, and every file and the record say what they said.
unchanged_by() {
  local before record after
  before=$(snapshot) record=$(jq -S . "$STATE/c1/state.json")
  status=0
  runtime update -r - c1 >"$BATS_TEST_TMPDIR/.out" 2>"$BATS_TEST_TMPDIR/.err" 3>&- <<<"$1" ||
    status=$?
  err=$(cat "$BATS_TEST_TMPDIR/.err")
  [ "$status" -eq 1 ] || fail "exit $status" || return 1
  after=$(snapshot)
  [ "$before" = "$after" ] || fail "limits changed:" "$(diff <(echo "$before") <(echo "$after"))"
  [ "$record" = "$(jq -S . "$STATE/c1/state.json")" ] || fail "the record changed"
}

everything='"memory": {"limit": 134217728, "swap": 134217728, "reservation": 16777216},
  "cpu": {"shares": 1024, "quota": 90000, "period": 100000, "burst": 60000, "idle": 1},
  "pids": {"limit": 7}'

@test "a raw value that the kernel refuses at the end" {
  require_controller memory cpu pids
  limited
  unchanged_by "{$everything, \"unified\": {\"memory.high\": \"33554432\",
    \"pids.max\": \"none of this\"}}"
  says pids.max
}

@test "a raw file that is not there" {
  require_controller memory cpu pids
  limited
  unchanged_by "{$everything, \"unified\": {\"memory.unheard-of\": \"1\"}}"
  says memory.unheard-of
}

@test "a CPU that is not there" {
  require_controller memory cpu pids cpuset
  limited
  unchanged_by '{"memory": {"limit": 134217728}, "pids": {"limit": 7},
    "cpu": {"cpus": "4000", "idle": 1, "shares": 1024}}'
}

@test "a block device that is not there" {
  require_controller memory cpu pids io
  limited
  # A controller that an update enables stays: here it has to be on before, to compare files.
  echo +io >"$(cgroup2_root)/cgroup.subtree_control"
  echo +io >"$(dirname "$GROUP")/cgroup.subtree_control"
  unchanged_by "{$everything, \"blockIO\": {\"weight\": 300,
    \"throttleReadBpsDevice\": [{\"major\": 4000, \"minor\": 7, \"rate\": 9}]}}"
}

@test "a quota that the burst does not fit" {
  require_controller memory cpu pids
  limited
  unchanged_by '{"cpu": {"shares": 1024, "quota": 5000}, "pids": {"limit": 7}}'
}

@test "memory below what is in use, checked" {
  require_controller memory cpu pids
  limited
  unchanged_by '{"memory": {"limit": 8192, "checkBeforeUpdate": true}, "pids": {"limit": 7}}'
}

@test "an idle group is idle again" {
  require_controller cpu pids
  limited
  [ -e "$GROUP/cpu.idle" ] || skip "missing: cpu.idle"
  ok runtime update --cpu-idle 1 c1
  unchanged_by '{"cpu": {"idle": 0, "shares": 2048}, "unified": {"pids.max": "x"}}'
}

# killed_at CALL N: SIGKILL to the update when it is about to make its Nth call of that name.
killed_at() {
  timeout 30 strace -qq -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=$2" \
    "$SWRUN" --root "$STATE" update -r - c1 <<<"{$everything}" >/dev/null 2>&1 3>&- || true
}

@test "whatever call it is killed at, the next update starts from the old values" {
  require strace
  require_controller memory cpu pids
  limited
  local before call number undone=0
  before=$(snapshot)
  for call in write renameat; do
    for number in $(seq 14); do
      killed_at "$call" "$number"
      [ "$(jq '.undo != null' "$STATE/c1/state.json")" = false ] || undone=$((undone + 1))
      if [ "$(jq .resources.pids.limit "$STATE/c1/state.json")" = 7 ]; then
        # It was killed after it had been done.
        ok runtime delete --force c1
        started
        continue
      fi
      # Something that changes nothing: what an interrupted one left is taken back.
      ok runtime update --pids-limit 40 c1
      [ "$(snapshot)" = "$before" ] || fail "$call $number:" \
        "$(diff <(echo "$before") <(snapshot))" || return 1
      [ "$(jq .undo "$STATE/c1/state.json")" = null ]
    done
  done
  [ "$undone" -gt 4 ] || fail "only $undone updates were interrupted half way"
}

@test "a container with an interrupted update can be deleted" {
  require strace
  require_controller memory cpu pids
  limited
  killed_at write 6
  [ "$(jq '.undo != null' "$STATE/c1/state.json")" = true ]
  ok runtime state c1
  ok runtime delete --force c1
}
