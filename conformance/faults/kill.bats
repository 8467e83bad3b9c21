# SPDX-License-Identifier: Apache-2.0
# SIGKILL at any moment: afterwards `delete --force` leaves no process, cgroup, mount or file.
load ../lib/common
setup() {
  begin
  require_cgroup2
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
}
teardown() { finish; }

# survive VERB ROUNDS [WHO]
survive() {
  probe wait
  "$PYTHON" -B "$CONFORMANCE/faults/kill_at_random.py" "$SWRUN" "$STATE" "$BUNDLE" "/$TAG" "$@" \
    3>&- 4>&-
}

@test "create is killed at random moments" { survive create 40; }
@test "run is killed at random moments" { survive run 40; }
@test "delete is killed at random moments" { survive delete 30; }
@test "start is killed at random moments" { survive start 30; }

# Callers as podman forget a container once they have had it deleted, whatever came of that.
@test "a delete that is killed once it has begun is finished by the next command that makes or deletes" {
  require strace
  local call number verb=make begun=0
  printf '#!/bin/sh\ncat >/dev/null; echo hook >>%s\n' "$PWD/hooks" >hook
  chmod +x hook
  edit '.hooks.poststop = [{"path": $hook}]' --arg hook "$PWD/hook"
  put_at other
  cp "$BUNDLE/config.json" other.json
  put_at c1
  for call in rmdir unlinkat renameat openat clone close; do
    for number in 1 2 3 4 5 8; do
      entry /bin/true
      ok runtime run --keep --bundle "$BUNDLE" c1
      entry /bin/true
      ok runtime run --keep --bundle "$BUNDLE" --config "$PWD/other.json" spare
      rm -f hooks
      capture strace -f -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$number" \
        "$SWRUN" --root "$STATE" delete c1
      # Not killed, or before it had written that it was at work: the caller's own delete is due.
      if [ -s "$STATE/.deleting/c1" ]; then
        begun=$((begun + 1))
      elif [ -e "$STATE/c1/state.json" ]; then
        ok runtime delete c1
      fi
      if [ $verb = make ]; then
        ok runtime run --bundle "$BUNDLE" --config "$PWD/other.json" next
        ok runtime delete spare
        verb=delete
      else
        ok runtime delete spare
        verb=make
      fi
      [ -z "$(ls -A "$STATE")" ] || fail "$call $number: left: $(find "$STATE")"
      [ ! -e "$(cgroup2_root)/$TAG/c1" ] || fail "$call $number: cgroup"
      grep -q hook hooks || fail "$call $number: no hook"
    done
  done
  [ "$begun" -ge 5 ] || fail "$begun were killed once they had begun"
}

# bats test_tags=long
@test "create is killed at very many random moments" { survive create 600; }
# bats test_tags=long
@test "run is killed at very many random moments" { survive run 600; }
# bats test_tags=long
@test "delete is killed at very many random moments" { survive delete 300; }
# bats test_tags=long
@test "start is killed at very many random moments" { survive start 300; }

# at_calls VERB CALLS [STRACE-OPTION...]: killed on entry to the Nth of each system call, N from 1.
at_calls() {
  require strace
  "$PYTHON" -B "$CONFORMANCE/faults/kill_at_calls.py" "$SWRUN" "$STATE" "$BUNDLE" "/$TAG" "$@" \
    3>&- 4>&-
}

@test "create is killed at system calls that change the world" { probe wait && at_calls create 3; }

# bats test_tags=long
@test "create is killed at each of very many system calls" { probe wait && at_calls create 40; }

@test "exec is killed at system calls that change the world" { probe wait && at_calls exec 3; }

# bats test_tags=long
@test "exec is killed at each of very many system calls" { probe wait && at_calls exec 40; }
