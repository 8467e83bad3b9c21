# SPDX-License-Identifier: Apache-2.0
# A config.json that somebody has written badly on purpose: no crash, no hang, no container by accident.
load ../lib/common

setup() {
  [ "$RUNTIME" = swrun ] || skip "this is about swrun's own parser"
  begin
}
teardown() { finish; }

# hostile COUNT SEED: in a mount namespace in which nothing of the host's can be written but this case's
# directory, should a document succeed in naming it.
hostile() {
  probe wait
  edit '.annotations = {"org.swrun.landlock": "{\"execute\": [\"/\"]}", "a": "b"}
    | .linux.namespaces += [{"type": "time"}]
    | .linux.timeOffsets = {"boottime": {"secs": 5}}
    | .linux.memoryPolicy = {"mode": "MPOL_DEFAULT"}
    | .linux.devices = [{"path": "/dev/x", "type": "c", "major": 1, "minor": 3, "fileMode": 438}]
    | .linux.sysctl = {"kernel.shmmax": "4096"} | .linux.personality = {"domain": "LINUX"}
    | .linux.maskedPaths = ["/proc/kcore"] | .linux.readonlyPaths = ["/proc/sys"]
    | .linux.rootfsPropagation = "slave" | .process.rlimits = []
    | .process.scheduler = {"policy": "SCHED_OTHER", "nice": 1, "flags": []}
    | .process.ioPriority = {"class": "IOPRIO_CLASS_BE", "priority": 4}
    | .process.execCPUAffinity = {"initial": "0", "final": "0"}
    | .mounts += [{"destination": "/mnt", "type": "bind", "source": ".",
        "options": ["bind", "idmap", "ro"],
        "uidMappings": [{"containerID": 0, "hostID": 5, "size": 10}],
        "gidMappings": [{"containerID": 0, "hostID": 5, "size": 10}]}]
    | .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [{"names": ["bpf"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
          "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}]}'
  cp "$BUNDLE/config.json" good.json
  mkdir -p "$STATE"
  ok unshare -m --propagation private sh -c '
    mount --bind "$1" "$1" && mount -o remount,bind,ro / && shift && exec "$@"' hostile \
    "$BATS_TEST_TMPDIR" timeout -k 5 "${3:-400}" "$PYTHON" -B "$CONFORMANCE/faults/fuzz/config/mutate.py" \
    --count "$1" --seed "$2" "$SWRUN" "$BUNDLE" "$STATE" good.json \
    "$REPOSITORY"/Tests/RuntimeSpecTests/Fixtures/config/good/*.json
  printf '# %s\n' "$output" >&3
  rm -f "$STATE/.errors"
}

@test "the document that is mutated is a good one" {
  hostile 0 1
  ok runtime create --bundle "$BUNDLE" c1
  ok runtime delete --force c1
}

@test "120 mutated documents" {
  hostile 120 "${SEED:-1}"
}

# bats test_tags=long
@test "2500 mutated documents" {
  hostile 2500 "${SEED:-2}" 3000
}
