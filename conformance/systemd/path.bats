# SPDX-License-Identifier: Apache-2.0
# linux.cgroupsPath as SLICE:PREFIX:NAME, the form of runc and its callers.
load systemd

# lives_in PATH SCOPE: a container with that path is there, and goes.
lives_in() {
  edit '.linux.cgroupsPath = $path' --arg path "$1"
  created
  [ "$(path_of "$(container_pid c1)")" = "$2" ] || fail "in $(path_of "$(container_pid c1)")"
  ok bare delete --force c1
  [ ! -d "$(cgroup2_root)$2" ]
}

@test "a scope in a slice" {
  lives_in "$SLICE:pre:$TAG" "/$SLICE/pre-$TAG.scope"
}

@test "slices nest by their names" {
  lives_in "$TAG-b-c.slice:pre:$TAG" "/$TAG.slice/$TAG-b.slice/$TAG-b-c.slice/pre-$TAG.scope"
}

@test "without a slice it is system.slice" {
  lives_in ":$TAG:c1" "/system.slice/$TAG-c1.scope"
}

@test "without a prefix it is the name" {
  lives_in "$SLICE::$TAG" "/$SLICE/$TAG.scope"
}

@test "without a path it is called after the container" {
  edit 'del(.linux.cgroupsPath)'
  probe wait
  launch create "$TAG+1"
  [ "$(path_of "$(container_pid "$TAG+1")")" = "/system.slice/swrun-$TAG\\x2b1.scope" ]
  ok bare delete --force "$TAG+1"
}

@test "a name that ends in .slice is a slice of its own" {
  edit '.linux.cgroupsPath = $path | .linux.resources.pids.limit = 17' --arg path "::$TAG-own.slice"
  created
  [ "$(path_of "$(container_pid c1)")" = "/$TAG.slice/$TAG-own.slice" ]
  [ "$(property TasksMax "$TAG-own.slice")" = 17 ]
  ok bare delete --force c1
  no_unit "$TAG-own.slice"
}

@test "a path that names no unit is refused, and nothing is left" {
  for path in /a/b a:b a:b:c a.slice:b: a--b.slice:p:n "a.slice:p:n n" a.slice:b:c-d.slice; do
    edit '.linux.cgroupsPath = $path' --arg path "$path"
    refused runtime create --bundle "$BUNDLE" c1
    says SLICE:PREFIX:NAME
    [ -z "$(containers)" ]
  done
}

@test "without a cgroup namespace the process sees its scope" {
  edit '.linux.namespaces |= map(select(.type != "cgroup"))'
  in_container cgroup
  expect cgroup "/$SLICE/$UNIT"
}

@test "in a cgroup namespace the process sees /" {
  in_container cgroup
  expect cgroup /
}

@test "a leaf is for the processes, the scope has the limits" {
  edit '.annotations["run.oci.systemd.subgroup"] = "leaf" | .linux.resources.pids.limit = 17'
  started
  [ "$(path_of "$(container_pid c1)")" = "/$SLICE/$UNIT/leaf" ]
  reads pids.max 17
  [ -z "$(cat "$GROUP/cgroup.procs")" ]
  # Whoever is in the leaf can hand controllers on.
  [ "$(tr ' ' '\n' <"$GROUP/leaf/cgroup.controllers" | sort)" = \
    "$(tr ' ' '\n' <"$GROUP/cgroup.controllers" | sort)" ]
  ok bare kill c1 KILL
  becomes stopped
  ok bare delete c1
  no_unit
}

@test "a leaf is one part of a path" {
  for name in a/b .. ../x; do
    edit '.annotations["run.oci.systemd.subgroup"] = $name' --arg name "$name"
    refused runtime create --bundle "$BUNDLE" c1
    no_unit
  done
}

@test "in a user namespace the leaf is owned by the container's root" {
  edit '.annotations["run.oci.systemd.subgroup"] = "leaf"
    | .linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.namespaces |= (map(select(.type != "cgroup")) + [{"type": "cgroup"}])'
  searchable "$BUNDLE"
  created
  for file in . cgroup.procs cgroup.subtree_control cgroup.threads; do
    [ "$(stat -c %u "$GROUP/leaf/$file")" = 100000 ] || fail "$file"
  done
  [ "$(stat -c %u "$GROUP/cgroup.procs")" = 0 ]
}

@test "a limit of one process leaves init its place" {
  edit '.linux.resources.pids.limit = 1'
  created
  reads pids.max 1
  [ "$(path_of "$(container_pid c1)")" = "/$SLICE/$UNIT" ]
}
