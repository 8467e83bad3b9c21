# SPDX-License-Identifier: Apache-2.0
# Containers that podman and containerd save and bring back, through the runtime and CRIU:
#   conformance/vm/suite --long qemu systemd
load podman

setup_file() {
  in_guest podman criu && criu_works || return 0
  podman_begins
}
teardown_file() { podman_ends; }
setup() {
  begin_case podman criu
  criu_works || skip "criu can't work on this kernel"
}
teardown() { finish_podman; }

last() { engine logs "$NAME" 2>/dev/null 3>&- | tail -n 1; }

@test "checkpoint: podman saves a container and brings it back, where it was" {
  ok engine run -d --name "$NAME" --network none $TOOLS probe count
  soon eval '[ "$(last)" -gt 3 ]'
  ok engine container checkpoint "$NAME"
  prints 'exited true' engine inspect --format '{{.State.Status}} {{.State.Checkpointed}}' "$NAME"
  local before
  before=$(last)
  ok engine container restore "$NAME"
  prints running engine inspect --format '{{.State.Status}}' "$NAME"
  soon eval '[ "$(last)" -gt "$before" ]'
  ok engine exec "$NAME" true
}

@test "checkpoint: podman exports a checkpoint, and makes another container of it" {
  ok engine run -d --name "$NAME" --network none $TOOLS probe count
  soon eval '[ "$(last)" -gt 3 ]'
  ok engine container checkpoint --leave-running --export "$PWD/saved.tar.gz" "$NAME"
  prints running engine inspect --format '{{.State.Status}}' "$NAME"
  ok engine rm -f -t 0 "$NAME"
  ok engine container restore --import "$PWD/saved.tar.gz"
  soon eval '[ "$(last)" -gt 3 ]'
}

@test "checkpoint: podman's pre-dump is the base of the checkpoint" {
  ok engine run -d --name "$NAME" --network none $TOOLS probe count
  soon eval '[ "$(last)" -gt 3 ]'
  ok engine container checkpoint --pre-checkpoint "$NAME"
  ok engine container checkpoint --with-previous "$NAME"
  ok engine container restore "$NAME"
  prints running engine inspect --format '{{.State.Status}}' "$NAME"
}
