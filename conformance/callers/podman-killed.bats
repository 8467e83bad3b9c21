# SPDX-License-Identifier: Apache-2.0
# podman with a runtime that is killed by SIGKILL, at any stage of each verb.
load podman

setup_file() { podman_begins; }
teardown_file() { podman_ends; }
setup() { begin_case podman; }
teardown() { finish_podman; }

# What podman does with a runtime that is killed: $NAME is run and removed, whatever came of it.
attempt() { engine --runtime "$MORTAL/$RUNTIME" run -d --name "$NAME" $TOOLS probe wait; }
clean() { ok engine rm -f -t 0 -i "$NAME"; }

@test "podman: SIGKILL of the runtime in create leaves what podman removes" { killed_in create; }

@test "podman: SIGKILL of the runtime in start leaves what podman removes" { killed_in start; }

@test "podman: SIGKILL of the runtime in kill leaves what podman removes" {
  attempt() {
    engine --runtime "$MORTAL/$RUNTIME" run -d --name "$NAME" $TOOLS probe wait
    engine kill "$NAME"
  }
  killed_in kill
}

@test "podman: SIGKILL of the runtime in delete leaves at most a state, which one delete removes" {
  attempt() {
    engine --runtime "$MORTAL/$RUNTIME" run -d --name "$NAME" $TOOLS probe wait
    engine rm -f -t 0 "$NAME"
  }
  # podman forgets a container whose delete failed, whatever the runtime: no process, cgroup or mount
  # may be left without an owner.
  clean() {
    ok engine rm -f -t 0 -i "$NAME"
    prints '' engine ps -aq
    soon eval '[ -z "$(machine_leftovers | grep -v ^state:)" ]'
    unless pgrep -x probe
    local id
    for id in $("$SWRUN" list -q 3>&-); do
      ok "$SWRUN" delete "$id"
      echo "$id" >>forgotten
    done
  }
  killed_in delete
  echo "# podman forgot $(cat forgotten 2>/dev/null | wc -l) containers" >&3
}

@test "podman: SIGKILL of the runtime in exec leaves the container well and nothing else" {
  mortal_runtime
  sleeper --runtime "$MORTAL/$RUNTIME"
  attempt() { engine exec "$NAME" true; }
  clean() { prints well engine exec "$NAME" echo well; }
  nothing_left() { [ "$(pgrep -c -x "true|$RUNTIME")" -eq 0 ] || fail "$(pgrep -a -x "true|$RUNTIME")"; }
  killed_in exec
}
