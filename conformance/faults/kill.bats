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
