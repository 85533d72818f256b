#!/usr/bin/env bash
# The command as one file that needs no other, not even a C library, into a folder: static.sh [FOLDER]
# PROFILE=dev builds in the time of the tests, and large. Needs cargo and a C compiler with a static C library (libc6-dev has it).
set -euo pipefail
out=$(realpath -m "${1:-target/packages}")
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
profile=${PROFILE:-release}
# Only the last crate is told: which C library is linked is decided there, and everything else is that of the usual program.
cargo rustc --locked --profile "$profile" --features full --bin sessionize -- -C target-feature=+crt-static
program=$out/sessionize-$version-$(uname -m)
install -D --strip "target/${profile/#dev/debug}/sessionize" "$program"
