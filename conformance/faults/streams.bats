# SPDX-License-Identifier: Apache-2.0
# What a careless caller leaves behind for the runtime: closed or full streams, ignored signals.
load ../lib/common
setup() {
  begin
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
}
teardown() { finish; }

# with_ignored SIGNAL CMD...: starts it with the signal ignored, as a caller in C can leave it.
with_ignored() {
  timeout -s KILL 10 "$PYTHON" -c 'import os, signal, sys
signal.signal(getattr(signal, sys.argv[1]), signal.SIG_IGN)
os.execvp(sys.argv[2], sys.argv[2:])' "$@"
}

# unread CMD...: $status of it with a standard error that nobody reads.
unread() {
  status=0
  "$PYTHON" -c 'import os, subprocess, sys
reading, writing = os.pipe()
os.close(reading)
null = subprocess.DEVNULL
sys.exit(subprocess.run(sys.argv[1:], stdin=null, stdout=null, stderr=writing).returncode)' \
    "$@" 3>&- 4>&- || status=$?
}

@test "run ends although its caller ignores SIGCHLD" {
  entry /bin/sh -c 'exit 7'
  capture with_ignored SIGCHLD "$SWRUN" --root "$STATE" run -b "$BUNDLE" c1
  [ "$status" -eq 7 ]
}

@test "hooks are waited for although the caller ignores SIGCHLD" {
  entry /bin/true
  edit '.hooks.createRuntime = [{"path": "/bin/true"}]'
  ok with_ignored SIGCHLD "$SWRUN" --root "$STATE" run -b "$BUNDLE" c1
}

@test "a warning that nobody reads does not end create" {
  edit '.process.capabilities.bounding += ["CAP_OF_TOMORROW"]'
  probe wait
  unread "$SWRUN" --root "$STATE" create --bundle "$BUNDLE" c1
  [ "$status" -eq 0 ]
  [ "$(container_status c1)" = created ]
}

@test "output that can't be written is an error" {
  for words in "features" "list" "--version" "completion bash"; do
    # shellcheck disable=SC2086
    capture bash -c '"$@" >/dev/full' full "$SWRUN" --root "$STATE" $words
    [ "$status" -eq 1 ]
    says "no space left on device (ENOSPC)"
  done
}

@test "no file of swrun's own becomes a standard stream that was closed" {
  created
  "$PYTHON" - "$SWRUN" "$STATE" <<'END' 3>&- 4>&-
import os, subprocess, sys
for closed in (0, 1, 2):
    trace = subprocess.run(
        ["strace", "-e", "trace=openat,openat2", "-o", f"trace{closed}", "sh", "-c",
         f'exec "$@" {closed}>&-', "sh", sys.argv[1], "--root", sys.argv[2], "kill", "c1", "0"])
    text = open(f"trace{closed}").read().split("execve")[-1]
    opened = [line for line in text.splitlines() if line.endswith(f"= {closed}")]
    assert [line for line in opened if "/dev/null" in line], f"{closed}: {opened}"
END
}

@test "a leftover file in the state directory does not hide the containers" {
  created
  touch "$STATE/stray"
  ok runtime list --format json
  [ "$(jq -r '.[].id' <<<"$output")" = c1 ]
  says stray
  rm "$STATE/stray"
}

@test "quotation marks in a message do not end it in a text log" {
  refused runtime --log "$BATS_TEST_TMPDIR/log" state 'a"b'
  grep -qF 'msg="invalid container id \"a\"b\": use' log
}
