# SPDX-License-Identifier: Apache-2.0
# config-linux.md#rdma, on the kernel's RDMA over a dummy network card.
load cgroup

# The device stays: Linux 6.1 stumbles when one goes for which a cgroup had limits that has gone before
# (list_del corruption in rdmacg_unregister_device, and no network after that). So it is for a guest
# alone, which is thrown away.
rdma_device() {
  require_controller rdma
  require rdma
  [ -e /run/job/command ] || skip "missing: a guest of conformance/vm"
  modprobe -q rdma_rxe || skip "missing: the kernel module rdma_rxe"
  DEVICE=rxe$BATS_TEST_NUMBER$RUNTIME
  ip link add "$DEVICE-card" type dummy
  ip link set "$DEVICE-card" up
  rdma link add "$DEVICE" type rxe netdev "$DEVICE-card" || skip "missing: RDMA over a dummy card"
}

# Of other runtimes' devices too there is a line, once they have been here.
reads() {
  local text
  text=$(grep "^$DEVICE " "$GROUP/$1" | sed 's/ $//')
  [ "$text" = "$2" ] || fail "$1 of $DEVICE is '$text', wanted '$2'"
}

@test "limits become a line of rdma.max" {
  rdma_device
  becomes_limited '{"rdma": {"'"$DEVICE"'": {"hcaHandles": 3, "hcaObjects": 10000}}}' \
    rdma.max "$DEVICE hca_handle=3 hca_object=10000"
  becomes_limited '{"rdma": {"'"$DEVICE"'": {"hcaHandles": 3}}}' \
    rdma.max "$DEVICE hca_handle=3 hca_object=max"
  becomes_limited '{"rdma": {"'"$DEVICE"'": {"hcaObjects": 5}}}' \
    rdma.max "$DEVICE hca_handle=max hca_object=5"
}

@test "a device that is not there is refused by its file's name" {
  rdma_device
  is_refused '{"rdma": {"nowhere0": {"hcaHandles": 3}}}' rdma.max
}
