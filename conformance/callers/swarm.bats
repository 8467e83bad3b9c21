# SPDX-License-Identifier: Apache-2.0
# Swarm: dockerd as its own manager and node, with the runtime under test as the default one.
load docker

setup_file() {
  docker_begins
  ! in_guest dockerd docker || docker swarm init --advertise-addr 127.0.0.1 >/dev/null
}
teardown_file() {
  ! in_guest dockerd docker || docker swarm leave --force >/dev/null
  docker_ends
}
setup() { begin_case dockerd docker; }
teardown() {
  [ -z "${NAME-}" ] || engine service rm "$NAME" >/dev/null 2>&1 3>&- || true
  [ -z "${NAME-}" ] || soon eval '[ -z "$(engine ps -aq 3>&-)" ]'
  finish_docker
}

service() {
  ok engine service create --quiet --name "$NAME" --no-resolve-image --restart-delay 100ms \
    --stop-grace-period 5s --update-delay 100ms --replicas "$1" $TOOLS probe wait
}

# images_of_tasks: how many run which image.
images_of_tasks() { engine ps --format '{{.Image}}' 3>&- | sort | uniq -c | awk '{ print $1, $2 }'; }

@test "swarm: a service of three replicas is scaled" {
  service 3
  prints '3/3' engine service ls --format '{{.Replicas}}'
  [ "$(images_of_tasks)" = "3 $TOOLS" ] || fail "$(images_of_tasks)"
  ok engine service scale "$NAME=5"
  [ "$(images_of_tasks)" = "5 $TOOLS" ] || fail "$(images_of_tasks)"
  ok engine service scale "$NAME=1"
  soon eval '[ "$(images_of_tasks)" = "1 $TOOLS" ]'
}

@test "swarm: one that is killed is replaced" {
  service 3
  local victim
  victim=$(engine ps -q 3>&- | head -n 1)
  kill -KILL "$(engine inspect --format '{{.State.Pid}}' "$victim" 3>&-)"
  soon eval '[ "$(engine ps -q 3>&- | wc -l)" -eq 3 ] && ! engine ps -q 3>&- | grep -q "$victim"'
  has Failed engine service ps --format '{{.CurrentState}}' "$NAME"
}

@test "swarm: a rolling update replaces one after the other" {
  service 3
  ok engine service update --quiet --no-resolve-image --image localhost/tools:2 "$NAME"
  [ "$(images_of_tasks)" = "3 localhost/tools:2" ] || fail "$(images_of_tasks)"
  prints 2 engine exec "$(engine ps -q 3>&- | head -n 1)" sh -c 'echo $VERSION'
  prints completed engine service inspect --format '{{.UpdateStatus.State}}' "$NAME"
}
