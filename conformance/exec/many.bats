# SPDX-License-Identifier: Apache-2.0
# Very many processes are added to one container: nothing of them stays.
load ../lib/common
setup() { begin; }
teardown() { finish; }

# grows NAME AT-MOST: by how much a count may be larger than before.
grows() {
  local before after
  read -r before after <<<"$(fact "$1")"
  [ $((after - before)) -le "$2" ] || fail "$1: $before before, $after after"
}

# add COUNT
add() {
  require_cgroup2
  # A filter and a pid namespace, as in real life.
  edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{"names": ["acct"], "action": "SCMP_ACT_ERRNO"}]}'
  started
  pid=$(container_pid c1)
  timeout 3000 "$PYTHON" -B "$CONFORMANCE/exec/many.py" "$1" "$pid" "$STATE/c1" \
    "$(cgroup2_root)$(awk -F: '$1 == 0 { print $3 }' "/proc/$pid/cgroup")" \
    -- "$SWRUN" --root "$STATE" exec c1 >facts 3>&-
  output=$(cat facts)
  sed 's/^/# /' facts >&3
  local name
  for name in descriptors mounts files cgroups processes children dying; do grows "$name" 0; done
  # Others are at work on this machine: only many tell a leak from their doings.
  if [ "$1" -ge 10000 ]; then
    for name in hostmounts sockets openfiles keys terminals namespaces nsproxies; do
      grows "$name" $(($1 / 4))
    done
  fi
  ok runtime exec c1 /bin/true
}

@test "200 processes leave nothing" { add 200; }

# bats test_tags=long
@test "10000 processes leave nothing" { add 10000; }
