# SPDX-License-Identifier: Apache-2.0
# What is written about the programs against the programs.
load ../lib/common

setup() { cd "$REPOSITORY" || return 1; }

@test "manual pages are clean under mandoc -T lint" {
  require mandoc
  # Whether a page that is referred to is installed says nothing about ours.
  problems=$(mandoc -T lint man/*.[18] 2>/dev/null | grep -v 'referenced manual not found' || true)
  [ -z "$problems" ] || fail "$problems"
}

@test "every page that a page refers to is ours or the system's" {
  local name section missing=()
  while read -r name section; do
    case $name in
      swrun*|swimg*) [ -e "man/$name.$section" ] || missing+=("$name($section)") ;;
    esac
  done < <(sed -n 's/^\.Xr \([^ ]*\) \([0-9]\).*/\1 \2/p' man/*.[18])
  [ ${#missing[@]} -eq 0 ] || fail "no such page: ${missing[*]}"
}

@test "swrun: option table, manual pages, help and completions agree" {
  [ -x "$SWRUN" ] || skip "missing: $SWRUN"
  "$PYTHON" -B conformance/docs/compare.py swrun "$SWRUN" man
}

@test "swimg: option table, manual pages, help and completions agree" {
  [ -x "$SWIMG" ] || skip "missing: $SWIMG"
  "$PYTHON" -B conformance/docs/compare.py swimg "$SWIMG" man
}

@test "completions are valid for the shells that are here" {
  local shell tried=0 program
  for shell in bash zsh fish; do
    command -v "$shell" >/dev/null || continue
    tried=1
    "$SWRUN" completion "$shell" >"$BATS_TEST_TMPDIR/swrun.$shell"
    "$SWIMG" --generate-completion-script "$shell" >"$BATS_TEST_TMPDIR/swimg.$shell"
    for program in swrun swimg; do "$shell" -n "$BATS_TEST_TMPDIR/$program.$shell"; done
  done
  [ "$tried" = 1 ]
}

@test "swrun is fully static and swimg needs nothing of Swift" {
  require file
  file -L "$SWRUN" | grep -q 'statically linked'
  unless grep -i swift <<<"$(ldd "$SWIMG")"
}

@test "make install: the examples are well formed, and name the program where it is installed" {
  require make
  local paths path
  make --no-print-directory -o programs install PREFIX=/usr/local DESTDIR="$BATS_TEST_TMPDIR/host" >&2
  cd "$BATS_TEST_TMPDIR/host/usr/local/share/doc/swrun/examples"
  diff -r . "$REPOSITORY/examples" >&2
  paths=$(grep -ohE '/usr/local/[a-z/]+' ./* | sort -u)
  [ "$paths" ]
  for path in $paths; do [ -x "$BATS_TEST_TMPDIR/host$path" ] || fail "not installed: $path"; done
  "$PYTHON" -B - <<'END'
import json
import re
import tomllib

program = "/usr/local/sbin/swrun"


def settings(name):
    with open(name, "rb") as file:
        return tomllib.load(file)


engine = settings("containers.conf")["engine"]
assert engine["runtimes"] == {"swrun": [program]} and "swrun" in engine["runtime_supports_json"]
cri = settings("containerd.toml")["plugins"]["io.containerd.grpc.v1.cri"]["containerd"]["runtimes"]
assert cri["swrun"]["options"]["BinaryName"] == program
crio = settings("crio.conf")["crio"]["runtime"]["runtimes"]
assert crio["swrun"]["runtime_path"] == program
assert settings("buildkitd.toml")["worker"]["oci"]["binary"] == program
with open("daemon.json") as file:
    assert json.load(file)["runtimes"] == {"swrun": {"path": program}}
with open("kubernetes.yaml") as file:
    text = file.read()
(handler,) = re.findall(r"^handler: (.*)$", text, re.M)
(name,) = re.findall(r"^kind: RuntimeClass\nmetadata:\n  name: (.*)$", text, re.M)
assert handler in cri and handler in crio and re.findall(r"runtimeClassName: (.*)", text) == [name]
END
}
