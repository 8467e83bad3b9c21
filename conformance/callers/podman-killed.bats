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

# podman forgets a container whose delete failed, whatever the runtime.
@test "podman: SIGKILL of the runtime in delete leaves what goes with podman's next container" {
  attempt() {
    engine --runtime "$MORTAL/$RUNTIME" run -d --name "$NAME" $TOOLS probe wait
    engine rm -f -t 0 "$NAME"
  }
  clean() {
    ok engine rm -f -t 0 -i "$NAME"
    prints '' engine ps -aq
    # No process, cgroup or mount is ever left without an owner.
    soon eval '[ -z "$(machine_leftovers | grep -v ^state:)" ]'
    unless pgrep -x probe
    ok engine run --rm $TOOLS true
    # Killed before it knew what was asked of it a runtime can leave no word of that.
    local id
    for id in $("$SWRUN" list -q 3>&-); do
      [ ! -e "/run/swrun/.deleting/$id" ]
      ok "$SWRUN" delete "$id"
      echo "$id" >>forgotten
    done
  }
  killed_in delete
  echo "# podman forgot $(cat forgotten 2>/dev/null | wc -l) containers whose delete had not begun" >&3
}

@test "podman: SIGKILL of the runtime in exec leaves the container well and nothing else" {
  mortal_runtime
  sleeper --runtime "$MORTAL/$RUNTIME"
  attempt() { engine exec "$NAME" true; }
  clean() { prints well engine exec "$NAME" echo well; }
  nothing_left() { [ "$(pgrep -c -x "true|$RUNTIME")" -eq 0 ] || fail "$(pgrep -a -x "true|$RUNTIME")"; }
  killed_in exec
}
