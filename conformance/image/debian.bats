#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A real image: a Debian minbase tree and a layer over it, in every form that images come in. Each
# unpacked tree equals the one of umoci and the one of plain GNU tar, file by file.

load image

# The image is made once and kept: its parts are what everything here begins with.
setup_file() {
  export MADE=$CONFORMANCE_CACHE/debian-image-1
  [ "$(id -u)" -eq 0 ] || return 0
  for command in mmdebstrap umoci tar setfattr setcap skopeo buildah zstd jq; do
    command -v $command >/dev/null || return 0
  done
  [ ! -e "$MADE/done" ] || return 0
  bash "$CONFORMANCE/image/make-debian.sh" "$MADE" >"$BATS_FILE_TMPDIR/log" 2>&1 3>&- 4>&- || {
    tail -20 "$BATS_FILE_TMPDIR/log" >&2
    return 1
  }
}

setup() {
  require_root
  require mmdebstrap umoci tar setfattr setcap skopeo buildah zstd
  begin_image
}

# same_tree SOURCE
same_tree() {
  ok "$SWIMG" load --quiet --name app:1.0 "$MADE/$1"
  ok "$SWIMG" unpack app:1.0 bundle
  [ -z "$err" ] || fail "something on stderr"
  "$PYTHON" "$CONFORMANCE/image/compare-trees.py" bundle/rootfs "$MADE/umoci" "$MADE/tar"
}

@test "gzip, from a directory" { same_tree layout; }
@test "zstd, from a directory" { same_tree zstd; }
@test "not compressed, from a directory" { same_tree plain; }
@test "from a tar archive of the layout" { same_tree layout.tar; }
@test "from a compressed tar archive" { same_tree layout.tar.gz; }
@test "from a docker-archive by skopeo" { same_tree skopeo.tar; }
@test "from a docker-archive by buildah" { same_tree buildah.tar; }

@test "umoci unpacks the same from our store" {
  ok "$SWIMG" load --quiet "$MADE/layout"
  umoci unpack --image "$STORE:docker.io/library/app:1.0" by-umoci
  "$PYTHON" "$CONFORMANCE/image/compare-trees.py" by-umoci/rootfs "$MADE/umoci"
}

# debian_runs COMMAND...: perl, apt-get and dpkg, by a runtime's command line.
debian_runs() {
  ok "$SWIMG" load --quiet "$MADE/layout"
  ok "$SWIMG" unpack app:1.0 bundle -- /bin/sh -c \
    'perl -e "print 6 * 7, qq(\n)" && apt-get --version | head -1 | cut -c1-4; dpkg --verify || true'
  ok "$@" run --bundle bundle "debian-$$"
  [ "$(sed -n 1p <<<"$output")" = 42 ]
  [ "$(sed -n 2p <<<"$output")" = "apt " ]
  # What the upper layer took away or replaced, and nothing else, is reported.
  [ -z "$(sed 1,2d <<<"$output" | grep -vE '/usr/share/(doc/apt|man/ja|bug)(/|$)|/etc/cron.daily(/|$)|/usr/bin/rgrep$')" ] ||
    fail "dpkg --verify finds more"
}

@test "perl, apt-get and dpkg --verify run by swrun" {
  require "$SWRUN"
  debian_runs "$SWRUN" --root "$PWD/state"
}

@test "perl, apt-get and dpkg --verify run by runc" {
  require runc
  debian_runs in_cgroup2 runc --root "$PWD/state"
}
