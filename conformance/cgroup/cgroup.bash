# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For the cases of cgroup v2: what is written is read back from the cgroup's files, whoever made them
# ($MANAGER is cgroupfs or systemd). They need a kernel with the controllers, which a guest has:
#   conformance/vm/suite uml direct        conformance/vm/plan says what runs where
load ../lib/common
setup() {
  begin
  require_cgroup2
}
teardown() { finish; }

# resources JSON: is added to what this case's container gets.
resources() { edit '.linux.resources += $resources' --argjson resources "$1"; }

# made RESOURCES: the container is created with them and nothing else.
made() {
  resources "$1"
  launch create c1
}

# reads FILE TEXT: a file of the container's cgroup; a blank at the end of a line, as in rdma.max, says
# nothing.
reads() {
  local text
  text=$(sed 's/ $//' "$GROUP/$1") || fail "no $1 in $GROUP" || return 1
  [ "$text" = "$2" ] || fail "$1 is '$text', wanted '$2'"
}

# has_line FILE LINE: one of its lines.
has_line() {
  grep -qxF "$2" "$GROUP/$1" || fail "$1 has no line '$2':" "$(cat "$GROUP/$1")"
}

# becomes_limited RESOURCES FILE TEXT [FILE TEXT...]: one row of a table: a container with these
# resources and nothing of the rows before has these files.
becomes_limited() {
  cp "$BUNDLE/config.json" "$BUNDLE/row.json"
  made "$1" || fail "with $1" || return 1
  shift
  while [ $# -gt 0 ]; do
    reads "$1" "$2" || return 1
    shift 2
  done
  ok runtime delete --force c1
  mv "$BUNDLE/row.json" "$BUNDLE/config.json"
}

# is_refused RESOURCES WORD...: create fails with a message that holds the words, and nothing stays.
is_refused() {
  cp "$BUNDLE/config.json" "$BUNDLE/row.json"
  resources "$1"
  refused runtime create --bundle "$BUNDLE" c1
  shift
  [ "$RUNTIME" != swrun ] || for word; do says "$word"; done
  [ ! -d "$GROUP" ] || fail "$GROUP is there"
  mv "$BUNDLE/row.json" "$BUNDLE/config.json"
}

# event FILE KEY: its number in the container's cgroup; or in the slice, which counts what is below it:
# systemd takes a scope away with its last process.
event() {
  local file=$GROUP/$1
  [ -e "$file" ] || [ "$MANAGER" != systemd ] || file=${GROUP%/*}/$1
  awk -v key="$2" '$1 == key { print $2 }' "$file"
}

# loop_device SIZE: makes one; $LOOP is its path and $NUMBERS are its major and minor. It goes with
# the case.
loop_device() {
  modprobe -q loop || true
  truncate -s "$1" "$BATS_TEST_TMPDIR/disk"
  LOOP=$(losetup -f --show "$BATS_TEST_TMPDIR/disk") || skip "missing: a loop device"
  NUMBERS=$((0x$(stat -c %t "$LOOP"))):$((0x$(stat -c %T "$LOOP")))
}

detach_loop() { [ -z "${LOOP-}" ] || losetup -d "$LOOP"; }
