# SPDX-License-Identifier: Apache-2.0
# features.md, features-linux.md: what the document says is what the parser and the kernel are given.
load ../lib/common

setup() {
  [ "$RUNTIME" = swrun ] || skip "the judge is swrun check"
  begin
  ok "$SWRUN" features
  features=$output
}
teardown() { finish; }

listed() { jq -r "$1 | .[]" <<<"$features"; }

# taken POINTER: check has nothing to say of the place, nor of what is below.
taken() {
  capture "$SWRUN" check --format json "$BUNDLE"
  jq -e --arg pointer "$1" '[.violations[] | select(.pointer | startswith($pointer))] | length == 0' \
    <<<"$output" >/dev/null || fail "$2 is listed and refused"
}

# known POINTER WORD: the other way round, a word that is not listed is refused.
refuses() {
  capture "$SWRUN" check --format json "$BUNDLE"
  jq -e --arg pointer "$1" '[.violations[] | select(.pointer == $pointer)] | length == 1' \
    <<<"$output" >/dev/null || fail "$2 is taken"
}

@test "every mount option that is listed is one" {
  # A mount for each: a bind mount, but for what a tmpfs alone has.
  edit '.mounts = [$options[] | {"destination": "/x", "source": "/",
        "type": (if . == "tmpcopyup" then "tmpfs" else "bind" end),
        "options": (if . == "tmpcopyup" then [.] else [., "bind"] end)}]
    | .linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 0, "size": 1}]
    | .linux.gidMappings = .linux.uidMappings' --argjson options "$(jq .mountOptions <<<"$features")"
  [ "$(jq '.mounts | length' "$BUNDLE/config.json")" -gt 60 ]
  taken /mounts "some option"
  # What a bind mount does not know is for a file system, and so refused.
  edit '.mounts = [{"destination": "/x", "type": "bind", "source": "/",
    "options": ["bind", "unlisted"]}]'
  refuses /mounts/0/options unlisted
}

@test "every namespace, capability and hook that is listed is one" {
  local name
  for name in $(listed .linux.namespaces); do
    edit '.linux.namespaces = ([{"type": "mount"}, {"type": "uts"}, {"type": $name}] | unique)
      | if $name == "user" then .linux.uidMappings = [{"containerID": 0, "hostID": 0, "size": 1}]
        | .linux.gidMappings = .linux.uidMappings else del(.linux.uidMappings, .linux.gidMappings)
        end' --arg name "$name"
    taken /linux/namespaces "$name"
  done
  edit '.linux.namespaces += [{"type": "unlisted"}]'
  capture "$SWRUN" check --format json "$BUNDLE"
  jq -e '[.violations[].pointer] | any(endswith("/type"))' <<<"$output"
  [ "$(listed .linux.namespaces | wc -l)" -eq 8 ]
  edit 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces = [{"type": "mount"}]'
  for name in $(listed .hooks); do
    edit '.hooks = {($name): [{"path": "relative"}]}' --arg name "$name"
    refuses "/hooks/$name/0/path" "a relative path of $name"
  done
}

@test "every action, operator, architecture and flag of seccomp that is listed is one" {
  local word
  edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x",
    "syscalls": [{"names": ["bpf"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 0,
      "op": "SCMP_CMP_EQ"}]}]}'
  for word in $(listed .linux.seccomp.actions); do
    edit '.linux.seccomp.syscalls[0].action = $word' --arg word "$word"
    taken /linux/seccomp "$word"
  done
  for word in $(listed .linux.seccomp.operators); do
    edit '.linux.seccomp.syscalls[0].args[0].op = $word' --arg word "$word"
    taken /linux/seccomp "$word"
  done
  for word in $(listed .linux.seccomp.supportedFlags); do
    edit '.linux.seccomp.flags = [$word]' --arg word "$word"
    taken /linux/seccomp "$word"
  done
  edit '.linux.seccomp.architectures = $all' --argjson all "$(jq .linux.seccomp.archs <<<"$features")"
  taken /linux/seccomp architectures
  edit '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_UNLISTED"]'
  refuses /linux/seccomp/flags/0 "an unlisted flag"
}

@test "what features says it can do is not refused" {
  edit '.linux.netDevices = {"eth0": {}} | .linux.intelRdt = {"closID": "x"}
    | .mounts = [{"destination": "/x", "type": "bind", "source": "/", "options": ["bind", "idmap"],
      "uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}],
      "gidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]}]
    | .process.apparmorProfile = "x" | .process.selinuxLabel = "x"'
  jq -e '.linux.netDevices.enabled and .linux.intelRdt.enabled
    and .linux.mountExtensions.idmap.enabled and .linux.apparmor.enabled
    and .linux.selinux.enabled' <<<"$features"
  taken / "something"
}

@test "features tells what there is of resctrl, and the modes of memory policies" {
  jq -e '.linux.intelRdt == {enabled: true, schemata: true, monitoring: true}
    and (.linux.memoryPolicy.modes | index("MPOL_BIND"))
    and (.linux.memoryPolicy.flags | index("MPOL_F_STATIC_NODES"))' <<<"$features"
  local mode
  for mode in $(jq -r '.linux.memoryPolicy.modes[]' <<<"$features"); do
    edit '.linux.memoryPolicy = {"mode": $mode}
      | if ["MPOL_DEFAULT", "MPOL_LOCAL"] | index($mode) then . else .linux.memoryPolicy.nodes = "0" end' \
      --arg mode "$mode"
    taken /linux/memoryPolicy "$mode"
  done
}
