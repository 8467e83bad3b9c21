# SPDX-License-Identifier: Apache-2.0
# containerd's CRI plugin, called as a kubelet does, with pods on a bridge of their own.
load containerd

setup_file() {
  in_guest containerd ctr protoc || return 0
  mkdir -p $CONTAINERD/net.d
  cat >$CONTAINERD/net.d/10-bridge.conflist <<'END'
{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "bridge", "bridge": "pods0",
  "isGateway": true, "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.77.0.0/16"}]]}},
  {"type": "loopback"}]}
END
  containerd_begins k8s.io
  protoc -I "$CONFORMANCE/callers" --python_out $CONTAINERD "$CONFORMANCE/callers/cri.proto"
}
teardown_file() { containerd_ends; }
setup() {
  begin_case containerd protoc
  POD='' LOGS=$BATS_TEST_TMPDIR/logs
  mkdir "$LOGS"
}
teardown() {
  [ -n "${NAME-}" ] || return 0
  [ -z "$POD" ] || cri StopPodSandbox "{\"pod_sandbox_id\": \"$POD\"}" >/dev/null 2>&1 || true
  [ -z "$POD" ] || cri RemovePodSandbox "{\"pod_sandbox_id\": \"$POD\"}" >/dev/null 2>&1 || true
  nothing_left
}

# cri METHOD [JSON]
cri() {
  timeout -k 5 "$PATIENCE" "$PYTHON" -B "$CONFORMANCE/callers/cri.py" $CONTAINERD \
    /run/containerd/containerd.sock "$@" </dev/null 3>&-
}

# call METHOD FILTER [JQ-OPTION...]: with the request that the filter makes; $output is the answer.
call() {
  local method=$1 filter=$2
  shift 2
  ok cri "$method" "$(jq -n "$filter" --arg pod "$POD" "$@")"
}

# field FILTER: of the last answer.
field() { jq -r "$1" <<<"$output"; }

# pod [CHANGE]: runs a sandbox; $POD is its id.
pod() {
  local parent=/pods
  [ "$MANAGER" != systemd ] || parent=pods.slice
  CONFIG=$(jq -n "{metadata: {name: \$name, uid: \$name, namespace: \"default\"}, hostname: \"pod\",
    log_directory: \$logs, linux: {cgroup_parent: \$parent}} | ${1-.}" \
    --arg name "$NAME" --arg logs "$LOGS" --arg parent "$parent")
  call RunPodSandbox '{config: $config, runtime_handler: $handler}' --argjson config "$CONFIG" \
    --arg handler "$(sed -n 's/^handler: //p' "$REPOSITORY/examples/kubernetes.yaml")"
  POD=$(field .pod_sandbox_id)
}

# container NAME CHANGE WORD...: creates one in the pod; $CONTAINER is its id.
container() {
  local name=$1 change=$2
  shift 2
  call CreateContainer "{pod_sandbox_id: \$pod, sandbox_config: \$sandbox, config: ({
      metadata: {name: \$name}, image: {image: \"$TOOLS\"}, args: \$words, log_path: \"\(\$name).log\",
      linux: {}} | $change)}" \
    --argjson sandbox "$CONFIG" --arg name "$name" --argjson words "$(words "$@")"
  CONTAINER=$(field .container_id)
}

# of_container METHOD [CHANGE]
of_container() { call "$1" "{container_id: \"$CONTAINER\"} | ${2-.}"; }

state() { of_container ContainerStatus && field .status.state; }

@test "cri: a pod has a sandbox with an address, and leaves nothing" {
  has containerd cri Version
  pod
  call PodSandboxStatus '{pod_sandbox_id: $pod}'
  local address
  address=$(field .status.network.ip)
  [[ "$address" == 10.77.* ]] || fail "no address"
  busybox ping -c 1 -W 5 "$address" >/dev/null
  # The RuntimeClass's, whatever the default is.
  prints /usr/local/sbin/swrun cat "/run/containerd/io.containerd.runtime.v2.task/k8s.io/$POD/runtime"
  call StopPodSandbox '{pod_sandbox_id: $pod}'
  call RemovePodSandbox '{pod_sandbox_id: $pod}'
  POD=
  nothing_left
}

@test "cri: a container is created, started, asked, stopped and removed" {
  pod
  container main . probe wait
  [ "$(state)" = CONTAINER_CREATED ]
  of_container StartContainer
  [ "$(state)" = CONTAINER_RUNNING ]
  soon grep -q 'stdout F ready' "$LOGS/main.log"
  of_container StopContainer '.timeout = 30'
  of_container ContainerStatus
  [ "$(field '.status.state, .status.exit_code' | xargs)" = "CONTAINER_EXITED 42" ] || fail "status"
  grep -q 'stdout F signal=15' "$LOGS/main.log"
  of_container RemoveContainer
}

@test "cri: ExecSync has output, both streams, exit status and a deadline" {
  pod
  container main . probe wait
  of_container StartContainer
  of_container ExecSync '.cmd = ["sh", "-c", "echo out; echo no >&2; exit 9"]'
  [ "$(field '.exit_code, (.stdout | @base64d), (.stderr | @base64d)' | xargs)" = "9 out no" ] ||
    fail "not what it says"
  capture cri ExecSync "{\"container_id\": \"$CONTAINER\", \"cmd\": [\"sleep\", \"100\"], \"timeout\": 1}"
  [ "$status" -eq 1 ]
  says DEADLINE_EXCEEDED
  capture cri ExecSync "{\"container_id\": \"$CONTAINER\", \"cmd\": [\"nothing-of-that-name\"]}"
  [ "$status" -eq 1 ]
  not_found nothing-of-that-name
}

@test "cri: containers of a pod share its network and host name, and see a volume" {
  pod
  mkdir data
  echo outside >data/file
  container web . httpd -f -h /www
  of_container StartContainer
  container main '.mounts = [{container_path: "/mnt", host_path: ($ENV.PWD + "/data"), readonly: true}] |
    .envs = [{key: "WORD", value: "x"}] | .working_dir = "/tmp"' probe wait
  of_container StartContainer
  of_container ExecSync '.cmd = ["sh", "-c",
    "hostname; pwd; echo $WORD; cat /mnt/file; wget -qO- http://127.0.0.1/"]'
  [ "$(field '.stdout | @base64d')" = $'pod\n/tmp\nx\noutside\na page from the container' ] ||
    fail "not what it says"
}

@test "cri: a security context and resources, which can be changed" {
  pod
  container main '.linux = {resources: {cpu_period: 100000, cpu_quota: 50000,
      memory_limit_in_bytes: 67108864, oom_score_adj: 500},
    security_context: {namespace_options: {pid: "CONTAINER"}, run_as_user: {value: 1000}, readonly_rootfs: true, no_new_privs: true,
      capabilities: {drop_capabilities: ["ALL"]}}}' probe wait
  of_container StartContainer
  of_container ExecSync '.cmd = ["sh", "-c", "id -u; touch /x || echo read-only; cd /proc/1;
    cat oom_score_adj; grep -E \"CapBnd|NoNewPrivs\" status; cd /sys/fs/cgroup; cat cpu.max memory.max"]'
  [ "$(field '.stdout | @base64d')" = $'1000\nread-only\n500\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1
50000 100000\n67108864' ] || fail "not what it says"
  of_container UpdateContainerResources '.linux = {cpu_period: 100000, cpu_quota: 25000}'
  of_container ExecSync '.cmd = ["cat", "/sys/fs/cgroup/cpu.max"]'
  [ "$(field '.stdout | @base64d')" = "25000 100000" ] || fail "not changed"
  of_container ContainerStats
  [ "$(field .stats.memory.working_set_bytes.value)" -gt 0 ] || fail "no figures"
}

@test "cri: namespaces of the pod and of the node" {
  # A kubelet names no host for such a pod.
  pod '.hostname = "" | .linux.security_context = {namespace_options: {network: "NODE", pid: "POD"}}'
  container main '.linux.security_context = {namespace_options: {network: "NODE", pid: "POD"}}' \
    probe wait
  of_container StartContainer
  of_container ExecSync '.cmd = ["sh", "-c", "readlink /proc/self/ns/net; ps -o args"]'
  local text
  text=$(field '.stdout | @base64d')
  [[ "$text" == *"$(readlink /proc/self/ns/net)"* && "$text" == */pause* ]] || fail "$text"
}

@test "cri: a program that is not there says so" {
  pod
  container main . nothing-of-that-name
  capture cri StartContainer "{\"container_id\": \"$CONTAINER\"}"
  [ "$status" -eq 1 ]
  not_found nothing-of-that-name
  of_container RemoveContainer
}

@test "cri: removing a pod ends what runs in it" {
  pod
  container main . probe wait
  of_container StartContainer
  call StopPodSandbox '{pod_sandbox_id: $pod}'
  [ "$(state)" = CONTAINER_EXITED ]
  call RemovePodSandbox '{pod_sandbox_id: $pod}'
  POD=
  nothing_left
}
