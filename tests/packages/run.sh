#!/usr/bin/env bash
# Builds the packages and tries each where nothing else is: the wheel in an empty environment of Python and with uvx, the .deb in an empty Debian, the static program in a root
# that has only what every container has. run.sh [wheel] [deb] [static] for some of them; all without a name.
# Needs pip for the wheel; root, dpkg-dev, debootstrap and lintian for the .deb; root for the static program. PACKAGES keeps what was built in that folder. PROFILE=dev, as .ci/run has it: packages of the build
# of the tests, whose sizes say nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
packages=${PACKAGES:-$folder/packages}
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(wheel deb static)

skip() { echo "!!!! $* !!!!"; }
fail() {
  echo "$*" >&2
  exit 1
}
megabytes() { echo "$(($(stat -c %s "$1") / 1000)) kB"; }

# PROGRAM...: whether this command, which sees the folder of the sample as its working folder, is the whole program. The figures are those of the README.
whole_program() {
  local said
  said=$("$@" run --batch day-1.csv)
  grep -q 'sessions completed  58' <<<"$said" || fail "$1: $said"
  said=$("$@" run --batch day-2.csv --output-format parquet)
  grep -q 'sessions completed  55' <<<"$said" || fail "$1: $said"
  "$@" verify --quiet
  "$@" completions bash | grep -q SESSIONIZE_COMPLETE || fail "$1: no completions"
  # Nobody listens there: a build without the target says something else (exit code 2).
  expect 69 "$@" deliver --to postgres://nobody@127.0.0.1:1/nothing
  expect 66 env AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_ALLOW_HTTP=true AWS_SKIP_SIGNATURE=true SESSIONIZE_STORE_TIMEOUT=1s "$@" run --batch s3://bucket/day.csv
}

# CODE COMMAND...
expect() {
  local code=0 wanted=$1
  shift
  "$@" >"$folder/said" 2>&1 || code=$?
  [ "$code" = "$wanted" ] || fail "$*: exit code $code instead of $wanted: $(cat "$folder/said")"
}

sample() { install -D -m 644 -t "$1" "$root"/data/sample/day-*.csv; }

wheel() {
  python3 -m venv "$folder/maturin" && "$folder/maturin/bin/pip" install -q 'maturin>=1.9,<2' uv || { skip 'THE WHEEL WAS NOT BUILT: pip install maturin uv'; return; }
  PYTHON=$folder/maturin/bin/python src/packages/wheel.sh "$packages"
  local wheel
  wheel=$(ls "$packages"/sessionize-*.whl)
  [ "${PROFILE:-release}" = dev ] || [ "$(stat -c %s "$wheel")" -lt 25000000 ] || fail "$wheel: $(megabytes "$wheel"), over 25 MB"
  sample "$folder/pip"
  sample "$folder/uvx"
  local start=$SECONDS
  python3 -m venv "$folder/empty"
  "$folder/empty/bin/pip" install -q --no-index "$wheel"
  (cd "$folder/pip" && whole_program "$folder/empty/bin/sessionize")
  echo "wheel: $(megabytes "$wheel"), from an empty environment to the end of this in $((SECONDS - start)) s"
  "$folder/empty/bin/python" -c 'import sessionize; sessionize.Checkpoint' || fail 'the module cannot be imported'
  UV_PYTHON_DOWNLOADS=never UV_CACHE_DIR=$folder/uv in_folder "$folder/uvx" whole_program "$folder/maturin/bin/uvx" --offline --from "$wheel" sessionize
}

in_folder() {
  local at=$1
  shift
  (cd "$at" && "$@")
}

# NAME...: programs of Debian that are installed where apt-get may do it.
wants() {
  local missing=()
  for program in "$@"; do command -v "${program#*:}" >/dev/null || missing+=("${program%%:*}"); done
  [ ${#missing[@]} = 0 ] || { [ "$(id -u)" = 0 ] && apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1; }
}

deb() {
  wants dpkg-dev:dpkg-shlibdeps debootstrap lintian || { skip 'THE DEBIAN PACKAGE WAS NOT BUILT: apt-get install dpkg-dev debootstrap lintian, as root'; return; }
  src/packages/deb.sh "$packages"
  local deb chroot=$folder/debian
  deb=$(ls "$packages"/sessionize_*.deb)
  # The authors have no address of mail.
  lintian --allow-root --fail-on error,warning --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog "$deb"
  debootstrap --variant=minbase "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$chroot" >"$folder/debootstrap.log" || { skip "THE DEBIAN PACKAGE WAS NOT INSTALLED: debootstrap cannot make a system here: $(tail -1 "$folder/debootstrap.log")"; return; }
  files_of "$chroot" >"$folder/before"
  cp "$deb" "$chroot/"
  chroot "$chroot" dpkg -i "/$(basename "$deb")"
  rm "$chroot/$(basename "$deb")"
  sample "$chroot/var/lib/sessionize/clicks"
  chroot "$chroot" chown -R sessionize /var/lib/sessionize
  whole_program chroot "$chroot" runuser -u sessionize -- env -C /var/lib/sessionize/clicks sessionize
  the_unit_works "$chroot"
  chroot "$chroot" dpkg --purge sessionize
  [ -d "$chroot/var/lib/sessionize/clicks/sessionize-state" ] || fail 'the checkpoint was purged'
  rm -r "$chroot/var/lib/sessionize" "$chroot/etc/sessionize"
  chroot "$chroot" deluser --quiet --system sessionize
  files_of "$chroot" | diff "$folder/before" - || fail 'files stay behind'
  # Without any data, the purge takes its user along.
  cp "$deb" "$chroot/"
  chroot "$chroot" dpkg -i "/$(basename "$deb")" >/dev/null
  chroot "$chroot" dpkg --purge sessionize >/dev/null
  ! grep -q sessionize "$chroot/etc/passwd" || fail 'the user stays behind'
  echo "deb: $(megabytes "$deb")"
}

files_of() { (cd "$1" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./var/log -o -path ./var/lib/dpkg -o -path ./var/cache -o -path './etc/*-' \) -prune -o -print | sort); }

# The command of the service, as its user, with a configuration file as README.Debian says; and the units are units.
the_unit_works() {
  local chroot=$1 command
  command=$(sed -n 's/^ExecStart=//p' "$chroot/lib/systemd/system/sessionize@.service" | sed 's/%i/nights/')
  mkdir -p "$chroot/etc/sessionize" "$chroot/srv/nights"
  sample "$chroot/srv/nights"
  touch -d '1 hour ago' "$chroot"/srv/nights/*
  echo "new = '/srv/nights/*.csv'" >"$chroot/etc/sessionize/nights.toml"
  chroot "$chroot" install -d -o sessionize /var/lib/sessionize/nights
  # shellcheck disable=SC2086
  chroot "$chroot" runuser -u sessionize -- env -C /var/lib/sessionize/nights $command
  [ "$(ls "$chroot"/var/lib/sessionize/nights/sessionize-out/sessions)" = run-00000001.csv ] || fail 'the service has written no sessions'
  rm -r "$chroot/srv/nights"
  if ! command -v systemd-analyze >/dev/null; then
    skip 'THE UNITS OF THE DEBIAN PACKAGE WERE NOT CHECKED: apt-get install systemd'
    return
  fi
  # The empty Debian has no systemd: the units are read where one is, and name the program that is here.
  mkdir "$folder/units"
  cp "$chroot"/lib/systemd/system/sessionize@.* "$folder/units/"
  sed -i "s,/usr/bin/sessionize,$chroot/usr/bin/sessionize," "$folder/units/sessionize@.service"
  said=$(systemd-analyze verify --man=no "$folder"/units/sessionize@nights.service "$folder"/units/sessionize@nights.timer 2>&1 | grep sessionize || true)
  [ -z "$said" ] || fail "$said"
}

static() {
  src/packages/static.sh "$packages"
  local program chroot=$folder/nothing
  program=$(ls "$packages"/sessionize-*-"$(uname -m)")
  [ "$(ldd "$program" 2>&1 | tr -d '\t')" = 'statically linked' ] || fail "$program needs libraries: $(ldd "$program")"
  [ "$(id -u)" = 0 ] || { skip 'THE STATIC PROGRAM WAS NOT RUN IN AN EMPTY FOLDER: only root may change its root'; return; }
  sample "$chroot"
  install "$program" "$chroot/sessionize"
  # What every container has, a folder for temporary files, and certificates.
  mkdir -p "$chroot/dev" "$chroot/tmp" "$chroot/etc/ssl/certs"
  { mknod "$chroot/dev/random" c 1 8 && mknod "$chroot/dev/urandom" c 1 9; } || { skip 'THE STATIC PROGRAM WAS NOT RUN IN AN EMPTY FOLDER: no device may be made here'; return; }
  cp /etc/ssl/certs/ca-certificates.crt "$chroot/etc/ssl/certs/"
  whole_program chroot "$chroot" /sessionize
  python3 tests/packages/names.py "$chroot"
  echo "static: $(megabytes "$program")"
}

for name in "${names[@]}"; do
  printf -- '-- %s\n' "$name"
  "$name"
done
