#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# enter.sh SUITE SHARE COMMAND...: runs a command in the Debian that setup.sh made, without a network, in namespaces
# of its own: whatever it starts ends with it. The folder SHARE of the host is /share inside.
set -eu
ROOT=${LIPREEL_E2E:-$HOME/.cache/lipreel-e2e}/$1; SHARE=$2; shift 2
mkdir -p "$SHARE/home"
# shellcheck disable=SC2016 # the inner shell expands these
exec unshare --mount --pid --fork --kill-child --ipc --net sh -ec 'ROOT=$1; SHARE=$2; shift 2
  mount -t proc proc "$ROOT/proc"; mount -t tmpfs tmpfs "$ROOT/dev/shm"; mount -t tmpfs tmpfs "$ROOT/tmp"
  mount --bind "$SHARE" "$ROOT/share"
  exec chroot "$ROOT" env -i HOME=/share/home PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
    LC_ALL=C.UTF-8 TERM=dumb PYTHONUNBUFFERED=1 "$@"' sh "$ROOT" "$SHARE" "$@"
