# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For the cases of the systemd manager. They need systemd as process 1, which a guest has:
#   conformance/vm/suite uml systemd
MANAGER=systemd
load ../lib/common
# The scope of this case's container, and its slice.
setup() {
  begin
  UNIT=$TAG-c1.scope SLICE=$TAG.slice
}
teardown() {
  finish
  # Slices stay as long as anybody has a use for them; these are ours.
  systemctl stop "$SLICE" >/dev/null 2>&1 3>&- || true
}

# resources JSON: is added to what this case's container gets.
resources() { edit '.linux.resources += $resources' --argjson resources "$1"; }

# property NAME [UNIT]: as systemd shows it.
property() { systemctl show --property "$1" --value "${2:-$UNIT}" 3>&-; }

# shows NAME VALUE: a property of the container's unit.
shows() {
  local value
  value=$(property "$1")
  [ "$value" = "$2" ] || fail "$1 is '$value', wanted '$2'"
}

# reads FILE TEXT: a file of the container's cgroup.
reads() {
  local text
  text=$(cat "$GROUP/$1") || fail "no $1 in $GROUP" || return 1
  [ "$text" = "$2" ] || fail "$1 is '$text', wanted '$2'"
}

# bare WORD...: swrun without the option that says who makes cgroups.
bare() { timeout --foreground -k 5 60 "$SWRUN" --root "$STATE" "$@"; }

# no_unit [PATTERN]: systemd knows none.
no_unit() {
  local list
  list=$(systemctl list-units --all --plain --no-legend "${1:-$TAG-*}" 3>&-)
  [ -z "$list" ] || { echo "$list" && return 1; }
}

# path_of PID: its cgroup.
path_of() { sed -n 's/^0:://p' "/proc/$1/cgroup"; }

# searchable DIR: others may go there.
searchable() {
  local directory=$1
  while [ "$directory" != / ]; do
    chmod o+x "$directory"
    directory=${directory%/*} directory=${directory:-/}
  done
}
