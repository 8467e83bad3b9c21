# SPDX-License-Identifier: Apache-2.0
# runtime.md#lifecycle as of 1.3: in which namespaces hooks run, what they are told, which failures stop
# what, and that poststop hooks run at each end.
load ../lib/common

setup() {
  require_runtime 1.1 1.8
  begin
  LOG=$BATS_TEST_TMPDIR/hooks.log
  : >"$LOG"
  # Run inside the rootfs too, where it is /hook and its log /hooks.log.
  cat >hook <<'HOOK'
#!/bin/sh
state=$(tr -d '\n')
directory=${0%/*}
{
  printf '%s status=%s pid=%s' "$1" \
    "$(printf '%s' "$state" | sed 's/.*"status"[: ]*"\([a-z]*\)".*/\1/')" \
    "$(printf '%s' "$state" | sed 's/.*"pid"[: ]*\([0-9]*\).*/\1/')"
  for kind in mnt net ipc uts pid; do printf ' %s' "$(readlink /proc/self/ns/$kind)"; done
  echo
} >>"$directory/hooks.log"
exit "${2:-0}"
HOOK
  chmod +x hook
  cp hook "$BUNDLE/rootfs/hook"
  for name in readlink sed tr; do ln -sf busybox "$BUNDLE/rootfs/bin/$name"; done
}
teardown() { finish; }

# hook MOMENT [EXIT]
hook() {
  local path=$BATS_TEST_TMPDIR/hook
  [ "$1" != startContainer ] || path=/hook
  edit '.hooks[$moment] += [{"path": $path, "args": ["hook", $moment, $code],
    "env": ["PATH=/usr/bin:/bin"]}]' --arg moment "$1" --arg code "${2:-0}" --arg path "$path"
}

all_hooks() {
  local moment
  for moment in prestart createRuntime createContainer startContainer poststart poststop; do
    hook "$moment"
  done
}

moments() { cut -d' ' -f1 "$LOG" | tr '\n' ' '; }

# of MOMENT FIELD: a field of its line; 2 status, 3 pid, 4 to 8 namespaces.
of() { awk -v moment="$1" -v field="$2" '$1 == moment { print $field }' "$LOG"; }

own() { for kind in mnt net ipc uts pid; do printf '%s ' "$(readlink "$1/ns/$kind")"; done; }
namespaces_of() { awk -v moment="$1" '$1 == moment { print $4, $5, $6, $7, $8, "" }' "$LOG" | tr -d '\n'; }

@test "each hook is told the state of its moment, and runs in the namespaces of its moment" {
  all_hooks
  started
  local pid host container
  pid=$(container_pid c1)
  host=$(own /proc/self)
  container=$(own "/proc/$pid")
  eventually grep -q poststart "$LOG"
  cat "$BUNDLE/rootfs/hooks.log" >>"$LOG"
  ok runtime kill c1 KILL
  becomes stopped
  ok runtime delete c1
  for moment in prestart createRuntime poststart poststop; do
    [ "$(namespaces_of "$moment")" = "$host" ] || fail "$moment: $(cat "$LOG")"
  done
  for moment in createContainer startContainer; do
    [ "$(namespaces_of "$moment")" = "$container" ] || fail "$moment: $(cat "$LOG")"
  done
  [ "$(of prestart 2)" = status=creating ] && [ "$(of createRuntime 2)" = status=creating ] &&
    [ "$(of createContainer 2)" = status=creating ] && [ "$(of startContainer 2)" = status=created ] &&
    [ "$(of poststart 2)" = status=running ] && [ "$(of poststop 2)" = status=stopped ] ||
    fail "$(cat "$LOG")"
  for moment in prestart createRuntime poststart; do
    [ "$(of "$moment" 3)" = "pid=$pid" ] || fail "$moment: $(cat "$LOG")"
  done
  # runtime.md#state: hooks in the container's namespaces are told the pid as the container sees it.
  for moment in createContainer startContainer; do
    [ "$(of "$moment" 3)" = pid=1 ] || fail "$moment: $(cat "$LOG")"
  done
}

# fails_in MOMENT: create fails, the container is gone, and its poststop hooks have run.
fails_in() {
  hook "$1" 3
  hook poststop
  refused runtime create --bundle "$BUNDLE" c1
  [ "$(moments)" = "$1 poststop " ] || fail "$(cat "$LOG")"
  [ "$(of poststop 2)" = status=stopped ]
  [ ! -d "$STATE/c1" ]
}

@test "after a failing prestart hook the container is destroyed, poststop hooks included" {
  fails_in prestart
}

@test "after a failing createRuntime hook the container is destroyed, poststop hooks included" {
  fails_in createRuntime
}

@test "after a failing createContainer hook the container is destroyed, poststop hooks included" {
  fails_in createContainer
}

@test "a failing startContainer hook fails start, stops the container and keeps its program from running" {
  hook startContainer 3
  hook poststart
  hook poststop
  entry /bin/touch /ran
  launch create c1
  refused runtime start c1
  [ "$RUNTIME" != swrun ] || says startContainer
  becomes stopped
  [ ! -e "$BUNDLE/rootfs/ran" ]
  [ "$(moments)" = "" ] || fail "$(cat "$LOG")"
  ok runtime delete c1
  [ "$(moments)" = "poststop " ] || fail "$(cat "$LOG")"
}

@test "a failing poststart hook of run stops and destroys the container" {
  hook poststart 3
  hook poststop
  probe sleep 60
  refused runtime run --bundle "$BUNDLE" c1
  [ "$(moments)" = "poststart poststop " ] || fail "$(cat "$LOG")"
  [ ! -d "$STATE/c1" ]
}

@test "poststop hooks run once at each end, whichever it is" {
  hook poststop
  entry /bin/true
  ok runtime run --bundle "$BUNDLE" c1
  created c2 && ok runtime delete c2
  started c3 && ok runtime delete --force c3
  started c4 && ok runtime kill c4 KILL && becomes stopped c4 && ok runtime delete c4
  [ "$(moments)" = "poststop poststop poststop poststop " ] || fail "$(cat "$LOG")"
}
