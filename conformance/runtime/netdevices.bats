# SPDX-License-Identifier: Apache-2.0
# config-linux.md#network-devices. Each case has a network namespace of its own for a host's.
load ../lib/common

setup() {
  require_runtime 1.4 1.22
  begin
  require ip
  [ -e /sys/module/veth ] || modprobe -n veth 2>/dev/null || zgrep -qs '^CONFIG_VETH=[ym]' /proc/config.gz ||
    skip "missing: veth"
  # The name has the case's number in it: cases of other files may run beside this one.
  DEVICE=sw${BATS_TEST_NUMBER}x$((RANDOM % 10000))
  ip link add "$DEVICE" type veth peer name "${DEVICE}p" || skip "missing: veth devices"
}

teardown() {
  [ -z "${DEVICE-}" ] || ip link delete "$DEVICE" 2>/dev/null ||
    ip link delete "${DEVICE}p" 2>/dev/null || true
  finish
}

pointed() { [ "$RUNTIME" != swrun ] || says "$1:"; }

with_device() { edit '.linux.netDevices = {($name): $to}' --arg name "$DEVICE" --argjson to "$1"; }

# inside COMMAND...: busybox ip in the container.
inside() {
  entry /bin/busybox ip "$@"
  ok runtime run --bundle "$BUNDLE" c1
}

on_host() { ip link show "$1" >/dev/null 2>&1; }

@test "a device is moved, set up and keeps its name, address and MTU" {
  ip link set "$DEVICE" mtu 1280 address 02:00:00:00:00:99
  ip link set "${DEVICE}p" up
  with_device '{}'
  inside link show "$DEVICE"
  [[ "$output" == *"mtu 1280"* && "$output" == *02:00:00:00:00:99* ]] || fail "not itself"
  [[ "$output" == *"<"*UP*">"* ]] || fail "not up"
}

@test "a device gets another name" {
  with_device '{"name": "eth7"}'
  inside -o link
  [[ "$output" == *" eth7@"* || "$output" == *" eth7:"* ]] || fail "no eth7"
  unless grep -q "$DEVICE" <<<"$output"
}

@test "permanent global addresses come along, those of the link and of a lease do not" {
  ip address add 192.0.2.7/24 broadcast 192.0.2.255 dev "$DEVICE"
  ip address add 192.0.2.8/32 dev "$DEVICE"
  ip address add 169.254.3.4/16 scope link dev "$DEVICE"
  ip address add 192.0.2.9/24 valid_lft 100 preferred_lft 100 dev "$DEVICE"
  ip -6 address add 2001:db8::7/64 nodad dev "$DEVICE" 2>/dev/null && local has6=1
  with_device '{"name": "net0"}'
  inside address show net0
  [[ "$output" == *"inet 192.0.2.7/24 brd 192.0.2.255"* ]] || fail "not the first"
  [[ "$output" == *"inet 192.0.2.8/32"* ]] || fail "not the second"
  [[ "$output" != *169.254.3.4* ]] || fail "an address of the link"
  [[ "$output" != *192.0.2.9* ]] || fail "an address with an end"
  [ -z "${has6-}" ] || [[ "$output" == *"inet6 2001:db8::7/64"* ]] || fail "not the third"
}

@test "%d becomes a number that is free" {
  ip link add "${DEVICE}q" type veth peer name "${DEVICE}r"
  edit '.linux.netDevices = {($one): {"name": "lan%d"}, ($two): {"name": "lan%d"}}' \
    --arg one "$DEVICE" --arg two "${DEVICE}q"
  inside -o link
  ip link delete "${DEVICE}r" 2>/dev/null || true
  [[ "$output" == *" lan0"* && "$output" == *" lan1"* ]] || fail "not lan0 and lan1"
}

@test "a device into a network namespace that is joined, and a name that is taken there" {
  unshare --net sleep 60 3>&- 4>&- &
  local keeper=$!
  eventually eval '[ "$(readlink /proc/'"$keeper"'/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
  edit '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)' \
    --arg path "/proc/$keeper/ns/net"
  with_device '{"name": "eth7"}'
  entry /bin/busybox ip -o link
  capture runtime run --bundle "$BUNDLE" c1
  local first=$output first_status=$status
  ip link add "${DEVICE}q" type veth peer name "${DEVICE}r"
  edit '.linux.netDevices = {($name): {"name": "eth7"}}' --arg name "${DEVICE}q"
  capture runtime create --bundle "$BUNDLE" c1
  local there=no
  on_host "${DEVICE}q" && there=yes
  ip link delete "${DEVICE}r" || true
  kill "$keeper" && wait "$keeper" || true
  [ "$first_status" -eq 0 ] && [[ "$first" == *" eth7"* ]] || fail "not moved: $first"
  [ "$status" -ne 0 ] || fail "a name was taken twice"
  [ "$there" = yes ] || fail "the device is lost"
  [ "$RUNTIME" != swrun ] || says EEXIST
}

# It answers whoever asks with EPERM, before the kernel can: each question of swrun's is held for a moment.
@test "a process of a joined network namespace can't answer in the kernel's place" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  require strace
  unshare --net "$PYTHON" -B "$CONFORMANCE/attacks/answer-netlink.py" >forger.out 2>&1 3>&- 4>&- &
  local forger=$!
  eventually grep -q ready forger.out
  edit '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)' \
    --arg path "/proc/$forger/ns/net"
  with_device '{"name": "eth7"}'
  entry /bin/busybox ip -o link
  capture timeout 60 strace -qq -o trace -e trace=write -e inject=write:delay_enter=200000 \
    "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  kill "$forger" && wait "$forger" || true
  [ "$status" -eq 0 ] && [[ "$output" == *" eth7"* ]] || fail "bent by a forged answer"
  grep -q 'sent\|refused' forger.out || fail "the forger has met nobody"
}

@test "a device in a user namespace" {
  chown -R 100000:100000 "$BUNDLE/rootfs"
  chmod 0755 "$BATS_TEST_TMPDIR" "$BUNDLE" "$STATE" "${BATS_TEST_TMPDIR%/*}" \
    "${BATS_TEST_TMPDIR%/*/*}"
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = .linux.uidMappings | del(.linux.resources)'
  with_device '{}'
  inside link show "$DEVICE"
  [[ "$output" == *"$DEVICE"* ]]
}

@test "a device that is not there fails create and leaves nothing" {
  edit '.linux.netDevices = {"nosuchdevice": {}}'
  refused runtime create --bundle "$BUNDLE" c1
  [ "$RUNTIME" != swrun ] || says nosuchdevice
  [ ! -d "$STATE/c1" ]
}

@test "nothing is moved unless all can be: the kernel would end what is not hardware" {
  edit '.linux.netDevices = {($name): {"name": "eth7"}, "nosuchdevice": {}}' --arg name "$DEVICE"
  refused runtime create --bundle "$BUNDLE" c1
  on_host "$DEVICE" || fail "the device is lost"
}

@test "names and namespaces that make no sense are refused" {
  local pointer devices
  while read -r pointer devices; do
    edit '.linux.netDevices = '"$devices"
    refused runtime create --bundle "$BUNDLE" c1
    pointed "/linux/netDevices$pointer"
  done <<'EOF'
/eth0/name {"eth0": {"name": "a/b"}}
/eth0/name {"eth0": {"name": "%d%d"}}
/eth0/name {"eth0": {"name": "sixteen-bytes-xx"}}
/eth1/name {"eth0": {"name": "x"}, "eth1": {"name": "x"}}
/.. {"..": {}}
/%d {"%d": {}}
EOF
  with_device '{}'
  edit '.linux.namespaces |= map(select(.type != "network"))
    | .mounts |= map(select(.type != "sysfs"))'
  refused runtime create --bundle "$BUNDLE" c1
  pointed /linux/netDevices
  on_host "$DEVICE"
}
