# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What every case of the conformance suite may use. A case sets up its own world below
# $BATS_TEST_TMPDIR, judges the built program from outside, and leaves nothing behind:
#
#   setup()    { begin; }        bundle, state directory and cgroup of this case alone
#   teardown() { finish; }       deletes what is left and fails the case if anything stays
#
# $SWRUN may be crun or runc: every case of conformance/runtime runs against them too. What they are
# known to do otherwise stands in conformance/runtime/known-differences, with the reason.
#
# With IN_USER_NAMESPACE=1 every container has a user namespace, whose root is the host's user 100000.

CONFORMANCE=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
REPOSITORY=${CONFORMANCE%/*}
: "${SWRUN:=$REPOSITORY/.build/bin/swrun}" "${SWIMG:=$REPOSITORY/.build/bin/swimg}"
: "${PROBE:=$REPOSITORY/.build/bin/probe}"
# Debian's own, which the packages that we ask for belong to.
: "${PYTHON:=/usr/bin/python3}"
: "${CONFORMANCE_CACHE:=/var/tmp/swrun-conformance}"
# Who makes cgroups: the runtime itself (cgroupfs), or systemd for it.
: "${MANAGER:=cgroupfs}"
RUNTIME=${SWRUN##*/}
export SWRUN SWIMG PROBE PYTHON CONFORMANCE CONFORMANCE_CACHE MANAGER RUNTIME
case $MANAGER in
  cgroupfs) manager_options=() ;;
  systemd) manager_options=(--systemd-cgroup) ;;
  *) echo "MANAGER is $MANAGER and neither cgroupfs nor systemd" >&2 && exit 2 ;;
esac

# --- what a case needs -------------------------------------------------------------------------

require_root() { [ "$(id -u)" -eq 0 ] || skip "needs root"; }

# require CMD...: skips, naming what is missing.
require() {
  local command missing=()
  for command in "$@"; do command -v "$command" >/dev/null || missing+=("$command"); done
  [ ${#missing[@]} -eq 0 ] || skip "missing: ${missing[*]}"
}

# require_controller NAME...: cgroup v2 controllers that this host offers.
require_controller() {
  local root name
  root=$(cgroup2_root)
  for name in "$@"; do
    grep -qsw "$name" "$root/cgroup.controllers" || skip "missing: cgroup v2 controller $name"
  done
}

# require_runtime RUNC CRUN: the versions of the others that have what a case is about; - if none has.
require_runtime() {
  local wanted=$1
  [ "$RUNTIME" != swrun ] || return 0
  [ "$RUNTIME" != crun ] || wanted=$2
  [ "$wanted" != - ] || skip "$RUNTIME lacks this"
  ! older_than "$wanted" || skip "$RUNTIME lacks this before $wanted"
}

# older_than VERSION: the runtime under test is.
older_than() {
  local version
  version=$("$SWRUN" --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')
  [ "$version" != "$1" ] && printf '%s\n%s\n' "$version" "$1" | sort -CV
}

require_cgroup2() { [ -n "$(cgroup2_root)" ] || skip "missing: a cgroup v2 mount"; }

cgroup2_root() { awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts; }

# in_cgroup2 CMD...: runs it in a mount namespace whose /sys/fs/cgroup is cgroup v2 alone, which is
# all that crun and runc understand. The host's mounts stay as they are. (Where it is cgroup v2 anyway
# it is left alone: another mount would change the options of all.)
in_cgroup2() {
  if [ "$(cgroup2_root)" = /sys/fs/cgroup ]; then
    "$@"
    return
  fi
  unshare -m --propagation private sh -c '
    umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' in_cgroup2 "$@"
}

# --- the world of one case ---------------------------------------------------------------------

begin() {
  require_root
  known_difference
  cd "$BATS_TEST_TMPDIR" || return 1
  # No dash: in the name of a slice each one is a level.
  TAG=conformance_$$_${BATS_TEST_NUMBER}_${RANDOM}
  case $MANAGER in
    cgroupfs) CGROUPS_PATH=/$TAG/c1 GROUP=$(cgroup2_root)/$TAG/c1 ;;
    systemd)
      [ -d /run/systemd/system ] || skip "missing: systemd as process 1"
      CGROUPS_PATH=$TAG.slice:$TAG:c1 GROUP=$(cgroup2_root)/$TAG.slice/$TAG-c1.scope
      ;;
  esac
  STATE=$BATS_TEST_TMPDIR/state-$TAG
  BUNDLE=$BATS_TEST_TMPDIR/bundle
  mkdir -p "$BUNDLE" "$STATE"
  make_bundle "$BUNDLE"
  # Its root has to get there.
  [ -z "${IN_USER_NAMESPACE-}" ] ||
    chmod 755 "${BATS_TEST_TMPDIR%/*/*}" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
}

finish() {
  [ -n "${STATE-}" ] || return 0
  local id
  for id in $(containers); do runtime delete --force "$id" >/dev/null 2>&1 3>&- || true; done
  compare_host
}

# A case that $RUNTIME is known to answer otherwise is skipped with the written reason.
known_difference() {
  local who name reason
  [ "$RUNTIME" != swrun ] || return 0
  while IFS=$'\t' read -r who name reason; do
    if [ "$name" = "$BATS_TEST_DESCRIPTION" ] && is_about_us "$who"; then
      skip "$RUNTIME is known to differ: $reason"
    fi
  done <"${KNOWN_DIFFERENCES:-$CONFORMANCE/runtime/known-differences}"
}

# is_about_us WHO: the first column of known-differences: crun for each of its versions, crun<1.28 for
# older ones, crun>=1.28 for that and newer ones, any of them with +systemd where systemd makes cgroups.
is_about_us() {
  local who=$1
  if [[ $who == *+* ]]; then
    [ "${who#*+}" = "$MANAGER" ] || return 1
    who=${who%+*}
  fi
  case $who in
    "$RUNTIME") ;;
    "$RUNTIME<"*) older_than "${who#*<}" ;;
    "$RUNTIME>="*) ! older_than "${who#*>=}" ;;
    *) return 1 ;;
  esac
}

# make_bundle DIR: an empty rootfs but for the probe, busybox and their mount points.
make_bundle() {
  local root=$1/rootfs name
  mkdir -p "$root"/{bin,dev,etc,proc,sys,tmp,mnt}
  cp "$PROBE" "$root/probe"
  cp "$(command -v busybox)" "$root/bin/busybox"
  for name in sh cat echo ls true false sleep touch id stat mkdir; do
    ln -sf busybox "$root/bin/$name"
  done
  printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
  jq --arg cgroup "$CGROUPS_PATH" --argjson bare "$(lacks_resources && echo true || echo false)" \
    --arg users "${IN_USER_NAMESPACE-}" '
    .linux.cgroupsPath = $cgroup | if $bare then del(.linux.resources) else . end
    | if $users == "" then . else .linux.namespaces += [{"type": "user"}]
      | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
      | .linux.gidMappings = .linux.uidMappings end' \
    "$CONFORMANCE/lib/config.json" >"$1/config.json"
}

# own_rootfs: what a case has put into the rootfs is the container's root's, as all of an image is.
own_rootfs() { [ -z "${IN_USER_NAMESPACE-}" ] || chown -hR 100000:100000 "$BUNDLE/rootfs"; }

# crun before 1.9 raises RLIMIT_MEMLOCK for device rules and fails without CAP_SYS_RESOURCE.
lacks_resources() { [ "$RUNTIME" = crun ] && ! has_capability 24; }

# has_capability NUMBER: ours, effective.
has_capability() {
  local mask
  mask=$(awk '$1 == "CapEff:" { print $2 }' /proc/self/status)
  [ $((0x$mask >> $1 & 1)) -eq 1 ]
}

# put_at NAME: the container's cgroup is this one, beside that of c1.
put_at() {
  local path=/$TAG/$1
  [ "$MANAGER" != systemd ] || path=$TAG.slice:$TAG:$1
  edit '.linux.cgroupsPath = $path' --arg path "$path"
}

# without_mounts [JQ-FILTER]: this case's config.json without a mount namespace, changed by the filter too.
without_mounts() {
  edit '.linux.namespaces |= map(select(.type != "mount"))
    | del(.linux.maskedPaths, .linux.readonlyPaths, .linux.rootfsPropagation)'
  edit "${1:-.}"
}

# edit FILTER [JQ-OPTION...]: changes this case's config.json.
edit() {
  local filter=$1
  shift
  jq "$filter" "$BUNDLE/config.json" "$@" >"$BUNDLE/config.json.new" || return
  mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
}

# probe WORD...: what the container's process shall be.
probe() { entry /probe "$@"; }

# entry WORD...: the container's process is something else than the probe.
entry() { edit '.process.args = $words' --argjson words "$(words "$@")"; }

# words WORD...: as a JSON array.
words() { [ $# -eq 0 ] && echo '[]' || printf '%s\036' "$@" | jq -Rs 'split("\u001e")[:-1]'; }

# --- running -----------------------------------------------------------------------------------

# The runtime under test with this case's state directory; nobody waits for it longer than a minute.
runtime() {
  [[ $1 != run && $1 != create ]] || own_rootfs
  timeout --foreground -k 5 "${PATIENCE:-60}" "$SWRUN" --root "$STATE" \
    ${manager_options[@]+"${manager_options[@]}"} "$@"
}

# capture CMD...: sets $status, $output and $err. Files and not pipes, because a container that goes
# on holds its standard output open.
capture() {
  status=0
  "$@" >"$BATS_TEST_TMPDIR/.out" 2>"$BATS_TEST_TMPDIR/.err" </dev/null 3>&- 4>&- || status=$?
  output=$(cat "$BATS_TEST_TMPDIR/.out")
  err=$(cat "$BATS_TEST_TMPDIR/.err")
  # A program that hangs or is not there has not answered, whatever the case makes of its status.
  case $status in
    124 | 125 | 126 | 127) fail "exit $status of: $*" ;;
  esac
}

# ok CMD...: capture, and it has to succeed.
ok() {
  capture "$@"
  [ "$status" -eq 0 ] || fail "exit $status of: $*"
}

# refused CMD...: capture, and it has to fail as a runtime error: status 1 and something on stderr.
refused() {
  capture "$@"
  [ "$status" -eq 1 ] || fail "exit $status, wanted 1, of: $*"
  [ -n "$err" ] || fail "no message from: $*"
  if [ "$RUNTIME" = swrun ]; then
    [ "$(wc -l <<<"$err")" -eq 1 ] || fail "more than one line on stderr"
    [[ "$err" == "swrun: "* ]] || fail "the message does not begin with swrun:"
  fi
}

# in_container WORD...: runs the probe in the foreground; $output are its facts.
in_container() {
  probe "$@"
  ok runtime run --bundle "$BUNDLE" c1
}

# created [ID]: a container whose process waits for signals when it is started.
created() {
  probe wait
  launch create "${1:-c1}"
}

# started [ID]: the same, started and ready.
started() {
  created "${1:-c1}"
  ok runtime start "${1:-c1}"
  eventually grep -q ready "$BATS_TEST_TMPDIR/${1:-c1}.out"
}

# launch VERB ID [OPTION...]: create or run -d, with the container's output in $ID.out.
launch() {
  local verb=$1 id=$2
  shift 2
  status=0
  runtime "$verb" --bundle "$BUNDLE" "$@" "$id" >"$BATS_TEST_TMPDIR/$id.out" \
    2>"$BATS_TEST_TMPDIR/$id.err" </dev/null 3>&- 4>&- || status=$?
  err=$(cat "$BATS_TEST_TMPDIR/$id.err")
  [ "$status" -eq 0 ] || fail "$verb $id: exit $status"
}

# Ids of the containers under this case's state directory, whoever keeps it.
containers() { find "$STATE" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%f\n'; }

# --- judging -----------------------------------------------------------------------------------

fail() {
  printf '%s\n' "$@" >&2
  [ -z "${output-}" ] || printf 'stdout: %s\n' "$output" >&2
  [ -z "${err-}" ] || printf 'stderr: %s\n' "$err" >&2
  return 1
}

# fact KEY: its value in the probe's output.
fact() {
  local line
  while IFS= read -r line; do
    if [[ "$line" == "$1="* ]]; then
      printf '%s\n' "${line#"$1="}"
      return 0
    fi
  done <<<"$output"
  return 1
}

# expect KEY VALUE: one fact.
expect() {
  local value
  value=$(fact "$1") || fail "no fact $1" || return 1
  [ "$value" = "$2" ] || fail "$1 is '$value', wanted '$2'"
}

# expect_match KEY PATTERN: a shell pattern.
expect_match() {
  local value
  value=$(fact "$1") || fail "no fact $1" || return 1
  # shellcheck disable=SC2053
  [[ "$value" == $2 ]] || fail "$1 is '$value', wanted something like '$2'"
}

# no_process_left: nobody is in the container's cgroup, if there is one: systemd takes it away with the
# last of them.
no_process_left() { [ ! -e "$GROUP" ] || grep -qsx "populated 0" "$GROUP/cgroup.events"; }

# unless CMD...: fails if it succeeds. A bare ! would not: errexit does not see it.
unless() {
  if "$@"; then fail "should not have succeeded: $*"; fi
}

# says TEXT: standard error holds it, in any case of letters.
says() { [[ "${err,,}" == *"${1,,}"* ]] || fail "stderr lacks '$1'"; }

# container_status ID
container_status() { runtime state "$1" 3>&- | jq -r .status; }
container_pid() { runtime state "$1" 3>&- | jq -r .pid; }

# becomes STATUS [ID]: within five seconds.
becomes() {
  local try
  for try in $(seq 100); do
    [ "$(container_status "${2:-c1}")" != "$1" ] || return 0
    sleep 0.05
  done
  fail "${2:-c1} is $(container_status "${2:-c1}") and not $1 (try $try)"
}

# eventually CMD...: succeeds within five seconds.
eventually() {
  local try
  for try in $(seq 100); do
    if "$@"; then return 0; fi
    sleep 0.05
  done
  fail "not after $try tries: $*"
}

# --- leftovers ---------------------------------------------------------------------------------

# leftovers: what of this case is still there: processes in its cgroup or with its state directory
# on their command line, mounts below its directory, cgroups, files of the state directory.
leftovers() {
  local root directory
  living_in_cgroup
  grep -lsaF -f <(printf '%s' "$STATE") /proc/[0-9]*/cmdline | sed 's/^/process: /' || true
  awk -v below="$BATS_TEST_TMPDIR/" 'index($5, below) == 1 { print "mount: " $5 }' \
    /proc/self/mountinfo
  root=$(cgroup2_root)
  for directory in ${root:+"$root"/"$TAG"/*/ "$root"/*/"$TAG"/*/ "$root/$TAG.slice"/*/}; do
    [ ! -d "$directory" ] || printf 'cgroup: %s\n' "$directory"
  done
  if [ "$MANAGER" = systemd ]; then
    systemctl list-units --all --plain --no-legend "$TAG-*" 3>&- | sed 's/^/unit: /'
    systemctl list-jobs --no-legend "$TAG*" 3>&- | sed 's/^/job: /'
  fi
  # A cache may stay: its name begins with a dot.
  find "$STATE" -mindepth 1 -maxdepth 1 ! -name '.*' -printf 'file: %p\n' 2>/dev/null || true
}

# living_in_cgroup: the processes in this case's cgroups. A zombie is its adopter's to reap.
living_in_cgroup() {
  local file
  for file in $(grep -lsF "$TAG" /proc/[0-9]*/cgroup); do
    grep -qs -E '^State:[[:space:]]+[^ZX[:space:]]' "${file%cgroup}status" || continue
    printf 'process in the cgroup: %s\n' "$file"
  done
}

# compare_host: fails if anything is left, after giving dying processes a moment.
compare_host() {
  local try left
  for try in $(seq 40); do
    left=$(leftovers)
    [ -n "$left" ] || break
    sleep 0.05
  done
  remove_cgroups
  remove_mounts
  output='' err=''
  [ -z "$left" ] || fail "left behind (after $try looks):" "$left"
}

# The parent that our cgroupsPath names stays with every runtime and is ours to remove; so is what a
# failed case left in it.
remove_cgroups() {
  local root directory
  root=$(cgroup2_root)
  [ "$MANAGER" != systemd ] || systemctl stop "$TAG.slice" "$TAG-*" >/dev/null 2>&1 3>&- || true
  for directory in ${root:+"$root/$TAG"}; do
    [ -d "$directory" ] || continue
    [ ! -e "$directory/cgroup.kill" ] || echo 1 >"$directory/cgroup.kill"
    eventually eval '! grep -q "populated 1" "$directory/cgroup.events"' || true
    find "$directory" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}

# A mount that a failed case left must not be there when its directory is deleted.
remove_mounts() {
  awk -v below="$BATS_TEST_TMPDIR/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo |
    tac | while IFS= read -r target; do umount -l "$target" || true; done
}
