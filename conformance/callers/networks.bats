# SPDX-License-Identifier: Apache-2.0
# Bridges, ports and names of the engines' own networks. They need a kernel that translates addresses:
#   conformance/vm/suite --long qemu systemd
load podman

setup_file() {
  in_guest podman && nat || return 0
  podman_begins
}
teardown_file() { podman_ends; }
setup() {
  begin_case podman
  nat || skip "missing: translated addresses in this kernel"
}
teardown() {
  finish_podman
}

@test "networks: podman -p answers a request on the bridge" {
  ok engine run -d --name "$NAME" -p 8080:80 $TOOLS httpd -f -h /www
  soon shows 'a page from the container' curl -s -m 5 http://127.0.0.1:8080/
}

@test "networks: podman's containers on a network of their own know each other by name" {
  ok engine network create "$NAME"
  ok engine run -d --name "$NAME-web" --network "$NAME" $TOOLS httpd -f -h /www
  soon shows 'a page from the container' \
    engine run --rm --network "$NAME" $TOOLS wget -qO- "http://$NAME-web/"
  ok engine rm -f -t 0 "$NAME-web"
  ok engine network rm "$NAME"
}

@test "networks: podman's pod has ports, and the containers in it answer" {
  ok engine pod create --name "$NAME" -p 8082:80 --infra-image localhost/pause:1 \
    --infra-command '/pause wait'
  ok engine run -d --pod "$NAME" $TOOLS httpd -f -h /www
  soon shows 'a page from the container' curl -s -m 5 http://127.0.0.1:8082/
  ok engine pod rm -f -t 0 "$NAME"
}
