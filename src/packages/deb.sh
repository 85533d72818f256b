#!/usr/bin/env bash
# The package for Debian and Ubuntu, into a folder: deb.sh [FOLDER]. It has the command with all formats and targets, its manual pages and completions, and units of systemd.
# PROFILE=dev builds in the time of the tests, and large. Needs cargo, a C compiler, python3 and dpkg-dev. The package fits the release of the distribution on which it is built, and later ones.
set -euo pipefail
out=$(realpath -m "${1:-target/packages}")
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
architecture=$(dpkg --print-architecture)
profile=${PROFILE:-release}
cargo build --locked --profile "$profile" --features full
built=$PWD/target/${profile/#dev/debug}/sessionize

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
tree=$root/tree
share=$tree/usr/share

install -D --strip "$built" "$tree/usr/bin/sessionize"
mkdir -p "$share/man/man1"
"$built" man "$share/man/man1"
for shell in bash:bash-completion/completions/sessionize zsh:zsh/vendor-completions/_sessionize fish:fish/vendor_completions.d/sessionize.fish; do
  mkdir -p "$(dirname "$share/${shell#*:}")"
  "$built" completions "${shell%%:*}" >"$share/${shell#*:}"
done
install -D -m 644 -t "$tree/lib/systemd/system" src/packages/deb/sessionize@.service src/packages/deb/sessionize@.timer
install -D -m 644 -t "$share/doc/sessionize" src/packages/deb/copyright src/packages/deb/README.Debian
install -D -m 644 data/sample/day-1.csv "$share/doc/sessionize/examples/day-1.csv"
install -D -m 644 docs/changelog.md "$share/doc/sessionize/changelog.md"
maintainer=$(sed -n 's/^Maintainer: //p' src/packages/deb/control)
date=$(date --rfc-email --date="@$(git log -1 --format=%ct)")
printf 'sessionize (%s) unstable; urgency=medium\n\n  * What has changed stands in changelog.md.gz.\n\n -- %s  %s\n' "$version" "$maintainer" "$date" >"$share/doc/sessionize/changelog"
python3 src/packages/notices.py --features=full >"$share/doc/sessionize/NOTICES"
gzip -9 -n "$share"/man/man1/* "$share/doc/sessionize/changelog" "$share/doc/sessionize/changelog.md" "$share/doc/sessionize/NOTICES"
find "$tree" -type d -exec chmod 755 {} +
find "$share" -type f -exec chmod 644 {} +

mkdir "$tree/DEBIAN" "$root/debian"
install -m 755 -t "$tree/DEBIAN" src/packages/deb/postinst src/packages/deb/prerm src/packages/deb/postrm
# dpkg-shlibdeps wants to see a source package.
printf 'Source: sessionize\n\nPackage: sessionize\nArchitecture: %s\n' "$architecture" >"$root/debian/control"
libraries=$(cd "$root" && dpkg-shlibdeps -O --ignore-missing-info tree/usr/bin/sessionize | sed -n 's/^shlibs:Depends=//p')
size=$(du -sk --exclude=DEBIAN "$tree" | cut -f1)
sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$size/; s/@LIBRARIES@/$libraries/" src/packages/deb/control >"$tree/DEBIAN/control"
(cd "$tree" && find usr lib -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)

mkdir -p "$out"
dpkg-deb --build --root-owner-group "$tree" "$out/sessionize_${version}_$architecture.deb"
