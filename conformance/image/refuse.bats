#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bad input: each gives one clear line, the documented status, and leaves nothing behind.
# shellcheck disable=SC2016

load image

setup() { begin_image; }

# load_refuses CASE PATTERN
load_refuses() {
  image "$1"
  refuses 1 "$2" "$SWIMG" load "$1"
  clean_store
  untouched
}

# unpack_refuses CASE PATTERN [OPTION...]: the image loads, but does not unpack.
unpack_refuses() {
  local case=$1 pattern=$2
  shift 2
  loaded "$case"
  refuses 1 "$pattern" "$SWIMG" unpack "$@" app:1.0 bundle
  clean_bundle
}

# misused PATTERN ARGUMENT...: a wrong command line does nothing.
misused() {
  local pattern=$1
  shift
  refuses 2 "$pattern" "$SWIMG" "$@"
  [ ! -e "$STORE" ]
  clean_bundle
}

@test "load: a layer that is cut short" { load_refuses truncated_layer "wrong size"; }
@test "load: a layer that is longer than stated" { load_refuses longer_layer "wrong size"; }
@test "load: a layer with another digest" { load_refuses wrong_digest "wrong digest"; }
@test "load: a layer that is missing" { load_refuses missing_layer "is not there"; }
@test "load: a manifest that is missing" { load_refuses missing_manifest "is not there"; }
@test "load: broken JSON, with its line" { load_refuses broken_index "index.json: not valid JSON: line 2"; }
@test "load: a key that occurs twice" { load_refuses duplicate_key "occurs twice"; }
@test "load: JSON half a million levels deep" { load_refuses deep_json "levels deep"; }
@test "load: a document beyond its limit" { load_refuses big_index "larger than the allowed"; }
@test "load: an unknown version of the layout" { load_refuses layout_version "imageLayoutVersion"; }
@test "load: one document that is two (CVE-2021-41190)" { load_refuses two_documents "manifests"; }
@test "load: a mediaType against the descriptor's" { load_refuses media_type "mediaType"; }
@test "load: more layers than diff IDs" { load_refuses layer_count "diff IDs"; }
@test "load: an unknown type of rootfs" { load_refuses rootfs_type "rootfs.type"; }
@test "load: a digest that is a path (CVE-2024-3727)" { load_refuses digest_path "is no digest"; }
@test "load: a negative size" { load_refuses negative_size "negative"; }
@test "load: a digest by an unknown algorithm" { load_refuses unknown_algorithm "md5"; }
@test "load: an index without images" { load_refuses no_images "names no image"; }
@test "load: a name outside the grammar" { load_refuses bad_name "is no image name"; }
@test "load: a blob that is a link to a file of the host" { load_refuses layer_link "symbolic link"; }
@test "load: a docker-archive with .. (2026-20613)" { load_refuses docker_dotdot "leads out of the archive"; }
@test "load: a docker-archive with an absolute name" { load_refuses docker_absolute "leads out of the archive"; }
@test "load: a docker-archive whose manifest leads out" { load_refuses docker_layer_path "leads out of the archive"; }
@test "load: a docker-archive whose layer is a link out" { load_refuses docker_link_out "not in the archive"; }
@test "load: a docker-archive with a wrong diff ID" { load_refuses docker_diff_id "wrong diff ID"; }
@test "load: a docker-archive with two different files of one name" { load_refuses docker_twice "occurs twice"; }
@test "load: a docker-archive with a fifo" { load_refuses docker_fifo "no regular file"; }
@test "load: a tar archive with a wrong blob" { load_refuses tar_wrong_digest "wrong digest"; }
@test "load: a tar archive that is cut short" { load_refuses tar_cut "cut short"; }
@test "load: something that is no archive" { load_refuses noise "no image in it"; }
@test "load: an empty file" { load_refuses empty_file "no image in it"; }
@test "load: an archive of something else" { load_refuses other_tar "no image in it"; }

@test "load: a gzip stream that is cut short" {
  image sound_tar
  gzip -c sound_tar | head -c 100000 >cut.gz
  refuses 1 "cut short" "$SWIMG" load cut.gz
  clean_store
}

@test "load: a compression that images do not have" {
  require xz
  image sound_tar
  xz -0 sound_tar
  refuses 1 "xz" "$SWIMG" load sound_tar.xz
  clean_store
}

@test "load: a file that is not there makes no store" {
  refuses 1 "no such file" "$SWIMG" load nothing
  [ ! -e "$STORE" ]
}

@test "load: an empty directory" {
  mkdir empty
  refuses 1 "no image in it" "$SWIMG" load empty
  clean_store
}

@test "load: two images for one name" {
  image sound
  jq '.manifests += [.manifests[0] | .digest = "sha256:" + "0" * 64]' sound/index.json >i
  cp i sound/index.json
  refuses 1 "two images" "$SWIMG" load sound
  refuses 1 "one name" "$SWIMG" load --name x:1 sound
  clean_store
}

@test "load: a full disk leaves nothing, and the store works on" {
  require_root
  image sound
  mkdir small
  unshare -m --propagation private sh -e -c '
    mount -t tmpfs -o size=1m none small
    export SWIMG_STORE=$PWD/small/store
    "$SWIMG" load sound 2>err && exit 9 || echo $? >status
    find small/store -mindepth 1 ! -name oci-layout ! -name index.json ! -name blobs \
      ! -name sha256 >left
    mount -o remount,size=20m small
    "$SWIMG" load sound >loaded' 3>&-
  [ "$(cat status)" -eq 1 ]
  [ "$(wc -l <err)" -eq 1 ]
  grep -q "no space left on device (ENOSPC)" err
  [ ! -s left ] || fail "left: $(cat left)"
  grep -q "^app:1.0 " loaded
}

@test "a store that is something else is left alone" {
  image sound
  mkdir "$STORE"
  echo mine >"$STORE/file"
  refuses 1 "not an image store" "$SWIMG" load sound
  refuses 1 "not an image store" "$SWIMG" list
  [ "$(ls -A "$STORE")" = file ]
}

@test "unpack: a tag that is not there" {
  loaded sound
  refuses 1 "no such image" "$SWIMG" unpack --pull never app:9 bundle
  refuses 1 "no such image" "$SWIMG" inspect nothing
  refuses 1 "no such image" "$SWIMG" rm nothing
  refuses 1 "no such image" "$SWIMG" tag nothing other
  clean_bundle
}

@test "unpack: a platform that is not there" {
  unpack_refuses arm64 "no image for linux/amd64: there is linux/arm64" --platform linux/amd64
}

@test "unpack: a bundle that exists" {
  loaded sound
  mkdir bundle
  touch bundle/file file
  ln -s nowhere dangling
  refuses 1 "bundle: exists and is not an empty directory" "$SWIMG" unpack app:1.0 bundle
  refuses 1 "file: exists" "$SWIMG" unpack app:1.0 file
  refuses 1 "dangling: exists" "$SWIMG" unpack app:1.0 dangling
  [ "$(ls -A bundle)" = file ]
  untouched
}

@test "unpack: an empty directory is taken" {
  loaded sound
  mkdir bundle
  chmod 755 bundle
  ok "$SWIMG" unpack app:1.0 bundle/
  [ -f bundle/config.json ]
  [ "$(stat -c %a bundle)" = 700 ]
}

@test "unpack: a bundle without a directory to be in, or without a name" {
  loaded sound
  refuses 1 "no such directory" "$SWIMG" unpack app:1.0 not/there
  refuses 1 "name of its own" "$SWIMG" unpack app:1.0 ..
  refuses 1 "name of its own" "$SWIMG" unpack app:1.0 /
  clean_bundle
}

@test "unpack: a blob damaged in the store" {
  loaded sound
  layer=$(find "$STORE/blobs" -type f -size +100k)
  printf x | dd of="$layer" bs=1 seek=50000 conv=notrunc status=none
  refuses 1 "layer sha256:" "$SWIMG" unpack app:1.0 bundle
  clean_bundle
  truncate -s -1 "$layer"
  refuses 1 "wrong size" "$SWIMG" unpack app:1.0 bundle
  rm "$layer"
  refuses 1 "is not there" "$SWIMG" unpack app:1.0 bundle
  clean_bundle
}

@test "unpack: a full disk leaves nothing" {
  require_root
  loaded sound
  mkdir small
  unshare -m --propagation private sh -c '
    mount -t tmpfs -o size=1m none small
    "$SWIMG" unpack app:1.0 small/bundle 2>err; echo $? >status; ls -A small >left' 3>&-
  [ "$(cat status)" -eq 1 ]
  grep -q "layer sha256:.*, entry \"bin/busybox\": .*ENOSPC" err
  [ ! -s left ] || fail "left: $(cat left)"
}

@test "unpack: wrong diff IDs" { unpack_refuses diff_id "diff ID"; }
@test "unpack: a layer of an unknown type" { unpack_refuses layer_type "unknown media type"; }
@test "unpack: a layer that is not the gzip that it says" { unpack_refuses not_gzip "the media type says gzip"; }
@test "unpack: a gzip that is cut short" { unpack_refuses cut_gzip "cut short"; }
@test "unpack: garbage after the gzip" { unpack_refuses gzip_garbage "follows the gzip stream"; }
@test "unpack: a tar that is cut short" { unpack_refuses cut_tar "cut short"; }
@test "unpack: the root as a link (2021-29136)" { unpack_refuses root_link "the root of a layer must be a directory"; }
@test "unpack: a whiteout of nothing" { unpack_refuses bare_whiteout "not a valid whiteout"; }
@test "unpack: a hard link to nothing" { unpack_refuses link_missing 'entry "a"'; }
@test "unpack: a uid beyond 32 bits" { unpack_refuses huge_uid "out of range"; }
@test "unpack: a user that is not there" { unpack_refuses user_unknown 'user "nobody": no such user'; }
@test "unpack: a group that is not there" { unpack_refuses group_unknown "no such group"; }
@test "unpack: a uid above 2^31 (2024-40635)" { unpack_refuses user_overflow "at most 2147483647"; }
@test "unpack: a uid that would wrap to root" { unpack_refuses user_wrap "at most 2147483647"; }
@test "unpack: a negative uid" { unpack_refuses user_negative "at most 2147483647"; }
@test "unpack: a relative working directory" { unpack_refuses cwd_relative "absolute"; }
@test "unpack: a volume over /proc (2019-16884)" { unpack_refuses volume_proc "/proc"; }
@test "unpack: a volume over the root" { unpack_refuses volume_root "below the root"; }
@test "unpack: a volume with .." { unpack_refuses volume_up "below the root"; }
@test "unpack: a volume over a file" { unpack_refuses volume_file "no directory there"; }
@test "unpack: a variable without a name" { unpack_refuses env_broken "NAME=VALUE"; }
@test "unpack: no command" { unpack_refuses no_command "give one after --"; }
@test "unpack: /etc/passwd as a fifo (2024-9676)" { unpack_refuses passwd_fifo "etc/passwd"; }
@test "unpack: /etc/passwd as a link to a device" { unpack_refuses passwd_zero "etc/passwd"; }
@test "unpack: a huge /etc/passwd" { unpack_refuses passwd_huge "etc/passwd"; }

@test "unpack: a user outside the mapping" {
  loaded user
  refuses 1 "outside the mapping" "$SWIMG" unpack --rootless app:1.0 bundle
  clean_bundle
  refuses 1 "outside the mapping" "$SWIMG" unpack --user 0:7 --uid-map 0:100000:5 \
    --gid-map 0:100000:5 app:1.0 bundle
  clean_bundle
}

@test "unpack: names, links and modes never lead out of the rootfs" {
  for case in names link dots hardlink whiteout chmod volume; do
    rm -rf "$STORE" bundle
    loaded escape_$case
    # Whether it can be unpacked or not: nothing outside may change.
    capture "$SWIMG" unpack app:1.0 bundle
    [ "$status" -eq 0 ] || [ "$status" -eq 1 ]
    untouched
  done
}

@test "unpack: what tries to lead out is made inside" {
  loaded escape_names
  ok "$SWIMG" unpack app:1.0 bundle
  [ -f bundle/rootfs/tmp/CANARY ] && [ -f bundle/rootfs/CANARY-up ]
}

@test "unpack: a volume whose link leads out is refused" {
  unpack_refuses escape_volume "no directory there"
}

@test "unpack: the host's /etc/passwd is never read for the image's" {
  loaded passwd_host
  ok "$SWIMG" unpack --user root app:1.0 bundle || true
  clean=$(cat "$BATS_TEST_TMPDIR/.err")
  [[ "$clean" != *"daemon"* ]]
}

@test "wrong command lines" {
  misused "unknown" --nonsense
  misused "--nonsense" unpack --nonsense a b
  misused "<image>" unpack
  misused "<bundle>" unpack app
  misused "UPPER" unpack UPPER bundle
  misused "platform" unpack --platform linux app bundle
  misused "NAME=VALUE" unpack --env =x app bundle
  misused "NOT_SET_ANYWHERE" unpack --env NOT_SET_ANYWHERE app bundle
  misused "target" unpack --mount /a:b app bundle
  misused "type" unpack --mount type=nfs,source=a,target=/b app bundle
  misused "--memory" unpack --memory lots app bundle
  misused "--cpus" unpack --cpus 0 app bundle
  misused "--pids-limit" unpack --pids-limit 0 app bundle
  misused "--uid-map" unpack --uid-map 0:1 app bundle
  misused "go together" unpack --uid-map 0:1:1 app bundle
  misused "overlap" unpack --uid-map 0:1:2 --uid-map 1:9:2 --gid-map 0:1:1 app bundle
  misused "digest" tag app app@sha256:"$(printf 'a%.0s' {1..64})"
  misused "format" list --format xml
}
