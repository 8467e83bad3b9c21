# SPDX-License-Identifier: Apache-2.0
# config.md#posix-platform-hooks: six moments, their order, their standard input and their failures.
load ../lib/common
setup() {
  begin
  LOG=$BATS_TEST_TMPDIR/hooks.log
  : >"$LOG"
  write_hook
}
teardown() { finish; }

# The hook appends "NAME STATUS" with the status that its standard input states.
write_hook() {
  cat >"$BATS_TEST_TMPDIR/hook" <<'HOOK'
#!/bin/sh
state=$(tr -d '\n')
printf '%s\n' "$state" >"${0%/*}/state-$1.json"
printf '%s %s %s\n' "$1" "$(printf '%s' "$state" | sed 's/.*"status"[: ]*"\([a-z]*\)".*/\1/')" \
  "$(readlink /proc/self/ns/mnt)" >>"${0%/*}/hooks.log"
printenv >"${0%/*}/env-$1"
exit "${2:-0}"
HOOK
  chmod +x "$BATS_TEST_TMPDIR/hook"
}

# hook MOMENT [EXIT [MORE-JSON]]
hook() {
  edit '.hooks[$moment] += [{"path": $path, "args": ["hook", $moment, $code],
    "env": ["MOMENT=" + $moment]} + $more]' --arg moment "$1" --arg code "${2:-0}" \
    --arg path "$BATS_TEST_TMPDIR/hook" --argjson more "${3:-{\}}"
}

moments() { cut -d' ' -f1 "$LOG" | tr '\n' ' '; }

@test "hooks run in the order of the specification" {
  for moment in poststop poststart createRuntime prestart; do hook "$moment"; done
  probe wait
  launch create c1
  [ "$(moments)" = "prestart createRuntime " ]
  ok runtime start c1
  eventually grep -q poststart "$LOG"
  ok runtime kill c1 KILL
  becomes stopped
  unless grep poststop "$LOG"
  ok runtime delete c1
  [ "$(moments)" = "prestart createRuntime poststart poststop " ]
}

@test "hooks of one moment run in the order of their list" {
  cat >"$BATS_TEST_TMPDIR/note" <<'HOOK'
#!/bin/sh
echo "$1" >>"${0%/*}/hooks.log"
HOOK
  chmod +x note
  edit '.hooks.createRuntime = [range(5) | {"path": $path, "args": ["note", (. | tostring)]}]' \
    --arg path "$BATS_TEST_TMPDIR/note"
  created
  [ "$(tr '\n' ' ' <"$LOG")" = "0 1 2 3 4 " ]
}

@test "createRuntime and prestart run in the runtime's mount namespace" {
  hook createRuntime
  hook prestart
  hook poststart
  hook poststop
  in_container say done
  [ "$(cut -d' ' -f3 "$LOG" | sort -u)" = "$(readlink /proc/self/ns/mnt)" ]
}

@test "createContainer runs in the container's namespaces before pivot_root" {
  hook createContainer
  hook createRuntime
  created
  [ "$(moments)" = "createRuntime createContainer " ]
  [ "$(sed -n 's/^createContainer [a-z]* //p' "$LOG")" = \
    "$(readlink "/proc/$(container_pid c1)/ns/mnt")" ]
}

@test "startContainer runs inside the container, at start and not before" {
  cp "$BATS_TEST_TMPDIR/hook" "$BUNDLE/rootfs/hook"
  cat >"$BUNDLE/rootfs/inside" <<'HOOK'
#!/bin/sh
cat >/state
echo ran >/ran
HOOK
  chmod +x "$BUNDLE/rootfs/inside"
  edit '.hooks.startContainer = [{"path": "/inside"}]'
  created
  [ ! -e "$BUNDLE/rootfs/ran" ]
  ok runtime start c1
  eventually [ -e "$BUNDLE/rootfs/ran" ]
  jq -e '.id == "c1" and .status == "created"' "$BUNDLE/rootfs/state"
}

@test "each hook gets the state on standard input, with the status of its moment" {
  for moment in createRuntime poststart poststop; do hook "$moment"; done
  edit '.annotations = {"key": "value"}'
  started
  eventually grep -q poststart "$LOG"
  [ "$(awk '{ print $1 "=" $2 }' "$LOG" | tr '\n' ' ')" = "createRuntime=creating poststart=running " ] ||
    [ "$RUNTIME" != swrun ]
  jq -e --arg bundle "$BUNDLE" --argjson pid "$(container_pid c1)" '.id == "c1"
    and .bundle == $bundle and .pid == $pid and .annotations.key == "value"' state-createRuntime.json
  ok runtime kill c1 KILL
  becomes stopped
  ok runtime delete c1
  jq -e '.id == "c1" and .status == "stopped"' state-poststop.json
}

@test "a hook has its own environment and nothing else" {
  export LEAK=yes
  hook createRuntime
  created
  grep -qx MOMENT=createRuntime env-createRuntime
  unless grep LEAK env-createRuntime
}

# What is of the image learns nothing of the host by it.
@test "a startContainer hook has the container's environment, unless it has its own" {
  export LEAK=yes
  edit '.process.env += ["OF_CONTAINER=yes"]
    | .hooks.startContainer = [
      {"path": "/bin/sh", "args": ["sh", "-c", "env >/tmp/first"]},
      {"path": "/bin/sh", "args": ["sh", "-c", "env >/tmp/second"], "env": ["OWN=yes"]}]'
  ln -s busybox "$BUNDLE/rootfs/bin/env"
  entry /bin/cat /tmp/first
  ok runtime run --bundle "$BUNDLE" c1
  grep -qx OF_CONTAINER=yes <<<"$output"
  unless grep -q LEAK <<<"$output"
  [ "$RUNTIME" != swrun ] || grep -q '^HOME=' <<<"$output"
  grep -qx OWN=yes "$BUNDLE/rootfs/tmp/second"
  unless grep -q -e LEAK -e OF_CONTAINER "$BUNDLE/rootfs/tmp/second"
}

@test "what hooks make has the modes that the caller's umask leaves" {
  cat >"$BATS_TEST_TMPDIR/hook" <<'HOOK'
#!/bin/sh
cat >"${0%/*}/made-$1"
HOOK
  for moment in prestart createRuntime createContainer poststart poststop; do hook "$moment"; done
  umask 027
  created
  ok runtime start c1
  ok runtime delete --force c1
  for moment in prestart createRuntime createContainer poststart poststop; do
    mode=$(stat -c %a "made-$moment")
    [ "$mode" = 640 ] || fail "$moment: $mode"
  done
}

@test "a failing createRuntime hook fails create and leaves nothing" {
  hook createRuntime 3
  refused runtime create --bundle "$BUNDLE" c1
  [ "$RUNTIME" != swrun ] || says createRuntime
  refused runtime state c1
}

@test "a failing prestart hook fails create and leaves nothing" {
  hook prestart 1
  refused runtime create --bundle "$BUNDLE" c1
  refused runtime state c1
}

@test "a failing createContainer hook fails create and leaves nothing" {
  hook createContainer 1
  refused runtime create --bundle "$BUNDLE" c1
  refused runtime state c1
}

@test "after a failing hook the later ones of its list do not run" {
  hook createRuntime 1
  hook createRuntime 0
  refused runtime create --bundle "$BUNDLE" c1
  [ "$(grep -c createRuntime "$LOG")" -eq 1 ]
}

# runtime.md#lifecycle, 1.3: a failing poststart stops the container
@test "a failing poststart hook fails start and stops the container" {
  hook poststart 1
  created
  refused runtime start c1
  capture runtime state c1
  [ "$status" -ne 0 ] || becomes stopped
}

# runtime.md#lifecycle step 13: a warning, and the rest goes on
@test "a failing poststop hook does not stop delete" {
  hook poststop 1
  hook poststop 0
  created
  ok runtime kill c1 KILL
  becomes stopped
  capture runtime delete c1
  [ "$status" -eq 0 ]
  [ "$(grep -c poststop "$LOG")" -eq 2 ]
}

@test "a hook that takes longer than its timeout is killed and fails create" {
  cat >slow <<'HOOK'
#!/bin/sh
echo $$ >"${0%/*}/slow.pid"
exec sleep 50
HOOK
  chmod +x slow
  edit '.hooks.createRuntime = [{"path": $path, "timeout": 1}]' --arg path "$PWD/slow"
  begun=$SECONDS
  refused runtime create --bundle "$BUNDLE" c1
  [ $((SECONDS - begun)) -lt 10 ]
  eventually eval '! kill -0 "$(cat slow.pid)" 2>/dev/null'
}

@test "a hook that is not there fails create and is named" {
  edit '.hooks.createRuntime = [{"path": "/no/such/hook"}]'
  refused runtime create --bundle "$BUNDLE" c1
  says /no/such/hook
}

@test "a hook that does not read its standard input does no harm" {
  edit '.hooks.createRuntime = [{"path": "/bin/true"}, {"path": "/bin/true"}]'
  created
}

@test "poststop runs for delete --force too" {
  hook poststop
  started
  ok runtime delete --force c1
  [ "$(moments)" = "poststop " ]
}
