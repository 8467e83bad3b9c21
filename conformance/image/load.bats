#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What swimg load reads, what the store looks like to others, and the other verbs of the store.

load image

setup() { begin_image; }

names() { "$SWIMG" list --quiet; }

@test "load takes a layout as directory, tar, gzip, zstd and from a pipe" {
  require zstd
  image sound
  image sound_tar
  gzip -k sound_tar
  zstd -q sound_tar
  mkfifo pipe
  for source in sound sound_tar sound_tar.gz sound_tar.zst; do
    rm -rf "$STORE"
    ok "$SWIMG" load "$source"
    [[ "$output" == "app:1.0 sha256:"* ]] || fail "the name was not printed"
    [ "$(names)" = app:1.0 ]
    "$SWIMG" list --format json >"$source.json"
    cmp sound.json "$source.json"
  done
  rm -rf "$STORE"
  "$SWIMG" load - <sound_tar.gz
  "$SWIMG" list --format json | cmp sound.json
  rm -rf "$STORE"
  cat sound_tar >pipe &
  "$SWIMG" load pipe
  "$SWIMG" list --format json | cmp sound.json
}

@test "load takes a docker-archive, with links between layers and with packed layers" {
  for case in sound_docker docker_links docker_gzip; do
    rm -rf "$STORE"
    image $case
    ok "$SWIMG" load $case
    [ "$(names)" = app:1.0 ]
    "$SWIMG" unpack app:1.0 "bundle-$case"
    [ "$(cat "bundle-$case/rootfs/data/seed")" = seed ]
  done
  [ ! -e bundle-sound_docker/rootfs/gone ]
}

@test "an archive that skopeo and buildah wrote is the same image" {
  require skopeo buildah
  require_root
  loaded sound
  skopeo copy -q oci:sound:app:1.0 docker-archive:skopeo.tar:app:2.0
  skopeo copy -q oci:sound:app:1.0 oci-archive:oci.tar:app:3.0
  buildah --root "$PWD/b" --runroot "$PWD/r" --storage-driver vfs from -q --name work \
    oci:sound:app:1.0
  buildah --root "$PWD/b" --runroot "$PWD/r" --storage-driver vfs commit -q work \
    docker-archive:buildah.tar:app:4.0
  for archive in skopeo.tar oci.tar buildah.tar; do ok "$SWIMG" load $archive; done
  for tag in 1.0 2.0 3.0 4.0; do ok "$SWIMG" unpack app:$tag bundle-$tag; done
  "$PYTHON" "$CONFORMANCE/image/compare-trees.py" bundle-{1,2,3}.0/rootfs
}

@test "skopeo and umoci read the store by the full name" {
  require skopeo umoci
  require_root
  loaded sound
  skopeo inspect "oci:$STORE:docker.io/library/app:1.0" | jq -e '.Layers | length == 2'
  [ "$(umoci ls --layout "$STORE")" = docker.io/library/app:1.0 ]
  umoci unpack --image "$STORE:docker.io/library/app:1.0" by-umoci
  skopeo copy -q "oci:$STORE:docker.io/library/app:1.0" dir:copied
}

@test "swimg reads what skopeo wrote to the store" {
  require skopeo
  loaded sound
  skopeo copy -q oci:sound:app:1.0 "oci:$STORE:quay.io/me/other:2"
  [ "$(names)" = "$(printf 'app:1.0\nquay.io/me/other:2')" ]
  ok "$SWIMG" unpack quay.io/me/other:2 bundle
}

@test "names are kept in full and shown and taken short" {
  loaded sound
  jq -e '.manifests[0].annotations["org.opencontainers.image.ref.name"]
    == "docker.io/library/app:1.0"' "$STORE/index.json"
  for name in app:1.0 library/app:1.0 docker.io/app:1.0 docker.io/library/app:1.0; do
    ok "$SWIMG" inspect --format json "$name"
    [ "$(jq -r .platform <<<"$output")" = linux/amd64 ]
  done
}

@test "load --name writes that name alone" {
  image sound
  ok "$SWIMG" load --name localhost:5000/my/own:3 sound
  [ "$(names)" = localhost:5000/my/own:3 ]
}

@test "a bare tag belongs to a repository named as the file is" {
  image bare_tag
  mv bare_tag thing
  ok "$SWIMG" load thing
  [ "$(names)" = thing:2.0 ]
  tar -C thing -cf thing.tar .
  refuses 1 "--name" sh -c '"$SWIMG" load - <thing.tar'
  ok sh -c '"$SWIMG" load --name x:1 - <thing.tar'
}

@test "loading another image under a name says what it replaces" {
  loaded sound
  image user
  ok "$SWIMG" load user
  [[ "$output" == *"in place of sha256:"* ]]
  ok "$SWIMG" load user
  [[ "$output" != *"in place of"* ]]
}

@test "tag gives one more name, by name and by digest" {
  loaded sound
  digest=$("$SWIMG" inspect --format json app:1.0 | jq -r .digest)
  ok "$SWIMG" tag app:1.0 other
  ok "$SWIMG" tag "$digest" me/third:x
  ok "$SWIMG" tag "${digest:0:19}" fourth
  [ "$(names | wc -l)" -eq 4 ]
  ok "$SWIMG" inspect "app@$digest"
  refuses 1 "no such image" "$SWIMG" inspect "app@sha256:$(printf '0%.0s' {1..64})"
}

@test "rm removes a name, and blobs with the last name" {
  loaded sound
  ok "$SWIMG" tag app:1.0 other
  ok "$SWIMG" rm app:1.0
  [ "$output" = "removed app:1.0" ]
  [ "$(names)" = other:latest ]
  ok "$SWIMG" unpack other bundle
  ok "$SWIMG" rm other
  [[ "$output" == *"freed "*" in 4 blobs"* ]]
  clean_store
}

@test "rm keeps what another image needs" {
  loaded sound
  loaded user
  "$SWIMG" load --name two:1 user
  ok "$SWIMG" load --name app:1.0 sound
  ok "$SWIMG" rm two:1
  ok "$SWIMG" unpack app:1.0 bundle
  [ -e bundle/rootfs/new ]
}

@test "rm by digest takes all names of the image" {
  loaded sound
  ok "$SWIMG" tag app:1.0 other
  ok "$SWIMG" rm "$("$SWIMG" inspect --format json app:1.0 | jq -r .digest)"
  [ -z "$(names)" ]
  clean_store
}

@test "unknown fields and foreign names of the index survive" {
  loaded sound
  jq '.future = {"x": 1} | .manifests += [{"mediaType": "application/x-other",
    "digest": "sha256:'"$(printf 'a%.0s' {1..64})"'", "size": 3, "extra": [1]}]' \
    "$STORE/index.json" >index && cp index "$STORE/index.json"
  ok "$SWIMG" tag app:1.0 other
  jq -e '.future.x == 1 and (.manifests[1].extra == [1])' "$STORE/index.json"
}

@test "an index gives the first image for a platform, nested and sparse as it is" {
  image index
  ok "$SWIMG" load index
  "$SWIMG" list --format json | jq -e '.[0].platforms
    == ["linux/arm64", "linux/amd64", "linux/amd64"]'
  ok "$SWIMG" unpack --platform linux/amd64 multi:1 amd64
  [ "$(cat amd64/rootfs/which)" = first ]
  ok "$SWIMG" unpack --platform linux/arm64/v8 multi:1 arm64
  [ "$(cat arm64/rootfs/which)" = arm64 ]
  jq -e '.linux.seccomp.architectures[0] == "SCMP_ARCH_AARCH64"' arm64/config.json
  refuses 1 "no image for linux/riscv64: there is" \
    "$SWIMG" unpack --platform linux/riscv64 multi:1 bundle
  clean_bundle
}

@test "Docker's schema 2 media types in a layout" {
  loaded docker_types
  ok "$SWIMG" unpack app:1.0 bundle
  [ -e bundle/rootfs/new ] && [ ! -e bundle/rootfs/gone ]
}

@test "list of a store that nobody made is empty and makes none" {
  ok "$SWIMG" list --quiet
  [ -z "$output" ]
  [ ! -e "$STORE" ]
}

@test "two loads, a tag and a removal at once leave a sound store" {
  image sound
  image user
  "$SWIMG" load -q --name keep:1 sound
  for n in 1 2 3 4; do
    "$SWIMG" load -q --name "a$n:1" sound &
    "$SWIMG" load -q --name "b$n:1" user &
    "$SWIMG" tag keep:1 "c$n:1" &
    { "$SWIMG" load -q --name "d$n:1" user && "$SWIMG" rm -q "d$n:1"; } &
  done
  wait
  [ "$(names | wc -l)" -eq 13 ]
  for name in a1:1 b4:1 c2:1; do ok "$SWIMG" unpack $name "bundle-$name"; done
  [ -z "$(find "$STORE" -name '.swimg-*')" ]
}
