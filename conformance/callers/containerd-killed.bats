# SPDX-License-Identifier: Apache-2.0
# containerd with a runtime that is killed by SIGKILL, at any stage of each verb.
load containerd

setup_file() { containerd_begins; }
teardown_file() { containerd_ends; }
setup() { begin_case containerd ctr; }
teardown() { finish_containerd; }

# What containerd does with a runtime that is killed: the container is removed, whatever came of it.
attempt() {
  engine run -d --runc-binary "$MORTAL/$RUNTIME" $TOOLS "$NAME" probe wait
  task kill -s KILL "$NAME"
  task rm -f "$NAME"
}
clean() {
  task rm -f "$NAME" >/dev/null 2>&1 3>&- || true
  engine containers rm "$NAME" >/dev/null 2>&1 3>&- || true
  prints '' engine containers ls -q
}

@test "containerd: SIGKILL of the runtime in create leaves what containerd removes" { killed_in create; }

@test "containerd: SIGKILL of the runtime in start leaves what containerd removes" { killed_in start; }

@test "containerd: SIGKILL of the runtime in delete leaves what containerd removes" { killed_in delete; }
