# SPDX-License-Identifier: Apache-2.0
# swrun-create(8), ANNOTATIONS: Landlock and core scheduling, which no section of config.json has.
load ../lib/common

setup() {
  [ "$RUNTIME" = swrun ] || skip "these are swrun's own"
  begin
}
teardown() { finish; }

# allowed JSON: the annotation.
allowed() { edit '.annotations["org.swrun.landlock"] = $text' --arg text "$1"; }

# The version of the kernel's Landlock; 0 without.
landlock() {
  "$PYTHON" -c 'import ctypes; print(max(0, ctypes.CDLL(None).syscall(444, None, 0, 1)))'
}

# Paths take version 3, of Linux 6.2.
require_landlock() { [ "$(landlock)" -ge "${1:-3}" ] || skip "missing: Landlock version ${1:-3}"; }

# What a shell needs to run at all, and where this one may write.
usual='"execute": ["/bin", "/probe"], "readWrite": ["/tmp", "/dev"]'

@test "what crun would be told by annotations is refused or warned of, and not passed over" {
  entry /bin/true
  edit '.annotations["run.oci.seccomp_bpf_data"] = "AAAA"'
  refused runtime run --bundle "$BUNDLE" c1
  says "/annotations/run.oci.seccomp_bpf_data: must not be there"
  edit '.annotations = {"run.oci.hooks.stdout": "/tmp/x", "run.oci.keep_original_groups": "0"}'
  ok runtime run --bundle "$BUNDLE" c1
  says "/annotations/run.oci.hooks.stdout is ignored"
  unless grep keep_original <<<"$err"
}

@test "Landlock keeps reading, writing and executing to its paths" {
  require_landlock
  mkdir -p "$BUNDLE/rootfs/data" "$BUNDLE/rootfs/other"
  echo data >"$BUNDLE/rootfs/data/file" && echo secret >"$BUNDLE/rootfs/other/file"
  cp "$BUNDLE/rootfs/bin/busybox" "$BUNDLE/rootfs/data/busybox"
  allowed "{\"readOnly\": [\"/data\"], $usual}"
  entry /bin/sh -c 'cat /data/file; cat /other/file; echo x >/data/new; echo y >/tmp/new && cat /tmp/new
    /data/busybox true || echo not executed; ls / || echo not listed'
  edit '.process.env += ["LC_ALL=C"]'
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = "data
y
not executed
not listed" ] || fail "not as allowed"
  [ -e "$BUNDLE/rootfs/tmp/new" ] && [ ! -e "$BUNDLE/rootfs/data/new" ]
}

@test "a path of one file, and a program that is in no list" {
  require_landlock
  allowed '{"execute": ["/bin/busybox", "/bin/cat"], "readOnly": ["/etc/passwd"]}'
  entry /bin/cat /etc/passwd
  ok runtime run --bundle "$BUNDLE" c1
  [[ "$output" == root:* ]]
  allowed '{"readOnly": ["/"]}'
  capture runtime run --bundle "$BUNDLE" c1
  [ "$status" -eq 1 ] || fail "exit $status"
  says "permission denied"
}

@test "Landlock holds for another user, in a user namespace and for exec" {
  require_landlock
  chown -R 100000:100000 "$BUNDLE/rootfs"
  chmod 0755 "$BATS_TEST_TMPDIR" "$BUNDLE" "$STATE" "${BATS_TEST_TMPDIR%/*}" \
    "${BATS_TEST_TMPDIR%/*/*}"
  # Only root may go there: the paths are opened while it still is.
  mkdir -m 0700 "$BUNDLE/rootfs/closed" && chown 100000 "$BUNDLE/rootfs/closed"
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = .linux.uidMappings | del(.linux.resources)
    | .process.user = {"uid": 1000, "gid": 1000}'
  allowed "{\"readOnly\": [\"/closed\"], $usual}"
  started
  ok runtime exec c1 /probe writable /tmp /etc/passwd
  expect write:/etc/passwd EACCES
  capture runtime exec c1 /bin/cat /etc/passwd
  [ "$status" -eq 1 ] || fail "exec read what the container may not"
  ok runtime delete --force c1
}

@test "Landlock keeps TCP to its ports" {
  require_landlock 4
  allowed '{"bindTCP": [8080]}'
  entry /bin/sh -c 'busybox timeout 1 busybox nc -l -p 8080 -w 1; echo $?
    busybox timeout 1 busybox nc -l -p 8081 -w 1 2>&1'
  edit '.process.env += ["PATH=/bin"]'
  capture runtime run --bundle "$BUNDLE" c1
  [[ "$output" == *"ermission denied"* ]] || fail "the other port is open"
  [ "$(grep -ci 'permission denied' <<<"$output")" -eq 1 ] || fail "the one port is not open"
}

@test "a path that leads out of the rootfs does not" {
  require_landlock
  mkdir outside && echo secret >outside/file
  ln -s "$PWD/outside" "$BUNDLE/rootfs/link"
  allowed "{\"readOnly\": [\"/link\"], $usual}"
  refused runtime create --bundle "$BUNDLE" c1
  says ENOENT
  ln -sfn /proc/self/root "$BUNDLE/rootfs/link"
  refused runtime create --bundle "$BUNDLE" c1
  says /link
}

@test "exec follows no link that the container puts in place of what it may write" {
  require_landlock 3
  mkdir -p "$BUNDLE/rootfs/w/cache"
  allowed '{"execute": ["/"], "readWrite": ["/w", "/w/cache"]}'
  started
  rmdir "$BUNDLE/rootfs/w/cache"
  ln -s /etc "$BUNDLE/rootfs/w/cache"
  capture runtime exec c1 /bin/sh -c 'echo x >/etc/new'
  [ "$status" -eq 255 ] || fail "exit $status"
  says /w/cache
  [ ! -e "$BUNDLE/rootfs/etc/new" ] || fail "exec wrote to /etc"
  ok runtime delete --force c1
  # The same of an image's own.
  rm -r "$BUNDLE/rootfs/w"
  ln -s / "$BUNDLE/rootfs/w"
  allowed '{"execute": ["/"], "readWrite": ["/w"]}'
  refused runtime create --bundle "$BUNDLE" c1
  says /w
}

@test "an annotation that makes no sense is refused" {
  local text
  while read -r text; do
    allowed "$text"
    refused runtime create --bundle "$BUNDLE" c1
    says /annotations/org.swrun.landlock
  done <<'EOF'
no JSON
[]
{}
{"readOnly": []}
{"readOnly": ["relative"]}
{"readOnly": "/"}
{"write": ["/"]}
{"bindTCP": [65536]}
{"bindTCP": ["80"]}
{"readWrite": ["/w"], "execute": ["/bin", "/w/bin"]}
{"readWrite": ["/"], "readOnly": ["/etc"]}
EOF
  allowed '{"readOnly": ["/"]}'
  edit 'del(.process.noNewPrivileges)'
  refused runtime create --bundle "$BUNDLE" c1
  says /process/noNewPrivileges
  edit '.annotations = {"org.swrun.core-scheduling": "yes"}'
  refused runtime create --bundle "$BUNDLE" c1
  says /annotations/org.swrun.core-scheduling
}

# cookie_of PID: who has the same may share a core; fails where the kernel knows nothing of it, or the
# machine has no threads. See: core-scheduling.rst of the kernel, PR_SCHED_CORE_GET.
cookie_of() {
  "$PYTHON" -c 'import ctypes, sys
cookie = ctypes.c_ulonglong()
if ctypes.CDLL(None).prctl(62, 0, int(sys.argv[1]), 0, ctypes.byref(cookie)) != 0: sys.exit(1)
print(cookie.value)' "$1"
}

@test "core scheduling keeps the cores to the container's processes, those of exec too" {
  cookie_of $$ >own || skip "missing: core scheduling, which wants processors with threads"
  edit '.annotations["org.swrun.core-scheduling"] = "own"'
  started
  init=$(cookie_of "$(container_pid c1)")
  [ "$init" -ne "$(cat own)" ]
  ok runtime exec --detach --pid-file "$PWD/pid" c1 /probe wait
  [ "$(cookie_of "$(cat pid)")" -eq "$init" ]
  put_at c2
  started c2
  [ "$(cookie_of "$(container_pid c2)")" -ne "$init" ]
}

@test "core scheduling that can't be had is an error that names it" {
  ! cookie_of $$ || skip "core scheduling can be had here"
  edit '.annotations["org.swrun.core-scheduling"] = "own"'
  refused runtime create --bundle "$BUNDLE" c1
  says org.swrun.core-scheduling
  says prctl
}

@test "features lists the annotations" {
  ok "$SWRUN" features
  jq -e '.annotations | has("org.swrun.landlock") and has("org.swrun.core-scheduling")' <<<"$output"
}
