# SPDX-License-Identifier: Apache-2.0
# docker's networks with its own rules of iptables, which need a kernel that translates addresses:
#   conformance/vm/suite --long qemu systemd
load docker

setup_file() {
  in_guest dockerd && nat || return 0
  docker_begins
}
teardown_file() { docker_ends; }
setup() {
  begin_case dockerd docker
  nat || skip "missing: translated addresses in this kernel"
}
teardown() { finish_docker; }

@test "networks: docker -p answers a request on the bridge" {
  ok engine run -d --name "$NAME" -p 8080:80 $TOOLS httpd -f -h /www
  soon shows 'a page from the container' curl -s -m 5 http://127.0.0.1:8080/
}

@test "networks: docker's containers on one network know each other by name, on two they do not" {
  ok engine network create "$NAME"
  ok engine run -d --name "$NAME-web" --network "$NAME" $TOOLS httpd -f -h /www
  soon shows 'a page from the container' \
    engine run --rm --network "$NAME" $TOOLS wget -qO- "http://$NAME-web/"
  unless engine run --rm $TOOLS wget -T 3 -qO- "http://$(engine inspect --format \
    '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$NAME-web" 3>&-)/" >/dev/null 2>&1 3>&-
  ok engine rm -f "$NAME-web"
  ok engine network rm "$NAME"
}
