# SPDX-License-Identifier: Apache-2.0
# Bundles of {swimg, umoci} under {swrun, runc, crun}: for each bundle the same output and exit code.
# All three runtimes run in a mount namespace whose /sys/fs/cgroup is cgroup v2.
load ../lib/common

setup_file() {
  load ../lib/common
  [ "$(id -u)" -eq 0 ] && [ "$RUNTIME" = swrun ] || return 0
  "$CONFORMANCE/images/make-image" "$BATS_FILE_TMPDIR" --gzip
}

setup() {
  require_root
  [ "$RUNTIME" = swrun ] || skip "the matrix runs all runtimes by itself"
  require runc crun umoci
  TAG=conformance-matrix-$$-$BATS_TEST_NUMBER
  STATE=$BATS_TEST_TMPDIR/state-$TAG
  BUNDLE=$BATS_TEST_TMPDIR/bundle
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  [ -z "${BUNDLE-}" ] || compare_host
}

# bundle_of swimg|umoci
bundle_of() {
  if [ "$1" = swimg ]; then
    "$SWIMG" --store "$BATS_TEST_TMPDIR/store" load "$BATS_FILE_TMPDIR/oci.tar"
    "$SWIMG" --store "$BATS_TEST_TMPDIR/store" unpack app:1.0 "$BUNDLE" --hostname box
  else
    umoci unpack --image "$BATS_FILE_TMPDIR/oci:app:1.0" "$BUNDLE"
  fi
  cp "$PROBE" "$BUNDLE/rootfs/probe"
  # runc needs CAP_SYS_RESOURCE for rlimits, and crun 1.8 for device rules.
  edit '.process.terminal = false | .linux.cgroupsPath = $cgroup
    | if $lacking then del(.process.rlimits) | del(.linux.resources) else . end' \
    --arg cgroup "/$TAG/c1" --argjson lacking "$(has_capability 24 && echo false || echo true)"
}

# outcome RUNTIME: what the container's process prints, then its exit code.
outcome() {
  local code=0
  in_cgroup2 timeout -k 5 60 "$1" --root "$STATE-${1##*/}" run --bundle "$BUNDLE" c1 \
    >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null 3>&- || code=$?
  normalise <"$BATS_TEST_TMPDIR/out"
  echo "exit=$code"
  # A runtime's own error would be equal nonsense: show it.
  [ "$code" -eq 0 ] || sed "s/^/# ${1##*/}: /" "$BATS_TEST_TMPDIR/err" >&2
}

# What may differ: inodes of namespaces, the name of the session keyring, where descriptors lead, the
# link /dev/core, flags of sysfs's own, and how a mask is mounted (what it does is judged by reading).
normalise() {
  sed -E '/^ns:/s/\[[0-9]+\]//; s/^(keyring=|fd:[0-9]+=).*/\1/; /=sysfs /s| / .*||' |
    grep -vE "^(dev:/dev/core|mount:($(jq -r '(.linux.maskedPaths + .linux.readonlyPaths)
      | join("|")' "$BUNDLE/config.json")))=" | sort
}

same_under_all() {
  local bundle=$1 runtime
  shift
  bundle_of "$bundle"
  [ $# -eq 0 ] || entry "$@"
  outcome "$(command -v crun)" >crun.txt
  for runtime in "$(command -v runc)" "$SWRUN"; do
    outcome "$runtime" >"${runtime##*/}.txt"
    diff -u crun.txt "${runtime##*/}.txt" || fail "${runtime##*/} differs from crun"
  done
  # Three equal failures to start would be equal too.
  grep -q = crun.txt
  [ "$(wc -l <crun.txt)" -gt 1 ] || grep -q "^exit=3$" crun.txt
}


each() {
  local bundle=$1
  same_under_all "$bundle" /probe "${@:2}"
}

@test "umoci: the image's own program" { same_under_all umoci; }
@test "umoci: identity, capabilities and limits" { each umoci identity caps rlimits; }
@test "umoci: mounts, devices and descriptors" { each umoci mounts devices fds; }
@test "umoci: environment, directory, names" { each umoci env cwd names; }
@test "umoci: namespaces, cgroup, knobs, signals" { each umoci namespaces cgroup knobs signals; }
@test "umoci: masked paths" {
  each umoci masked /proc/acpi /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug \
    /proc/scsi /sys/firmware /proc/asound /proc/interrupts
}
@test "umoci: read-only paths" {
  each umoci writable / /etc /dev /proc/sys/kernel/hostname /proc/bus /proc/irq /sys /tmp
}
@test "umoci: seccomp" {
  each umoci seccomp call getpid mount unshare,0x10000000 clone3 bpf keyctl reboot ptrace \
    personality userfaultfd kexec_load init_module swapon open_by_handle_at settimeofday \
    perf_event_open io_uring_setup
}
@test "umoci: exit code" { each umoci exit 3; }

@test "swimg: the image's own program" { same_under_all swimg; }
@test "swimg: identity, capabilities and limits" { each swimg identity caps rlimits; }
@test "swimg: mounts, devices and descriptors" { each swimg mounts devices fds; }
@test "swimg: environment, directory, names" { each swimg env cwd names; }
@test "swimg: namespaces, cgroup, knobs, signals" { each swimg namespaces cgroup knobs signals; }
@test "swimg: masked paths" {
  each swimg masked /proc/acpi /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug \
    /proc/scsi /sys/firmware /proc/asound /proc/interrupts
}
@test "swimg: read-only paths" {
  each swimg writable / /etc /dev /proc/sys/kernel/hostname /proc/bus /proc/irq /sys /tmp
}
@test "swimg: seccomp" {
  each swimg seccomp call getpid mount unshare,0x10000000 clone3 bpf keyctl reboot ptrace \
    personality userfaultfd kexec_load init_module swapon open_by_handle_at settimeofday \
    perf_event_open io_uring_setup
}
@test "swimg: exit code" { each swimg exit 3; }
