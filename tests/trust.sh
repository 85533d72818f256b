#!/usr/bin/env bash
# The long versions of the tests whose figures stand in docs/trust.md; about an hour on one core.
# trust.sh [NAME...] runs only these modules of tests/faults/; `deliver` is the deliveries to each target. SESSIONIZE_TEST_SEED gives other cases. `hostile` is tests/hostile.sh, with input in
# full size; it is not among those that run without a name.
set -euo pipefail
cd "$(dirname "$0")/.."

export SESSIONIZE_TEST_FAIL_EVERY=1 SESSIONIZE_TEST_RULED_EVERY=1 SESSIONIZE_TEST_SYNC_EVERY=1 SESSIONIZE_TEST_CALL_EVERY=1
export SESSIONIZE_TEST_LOSSES=${LOSSES:-1000} SESSIONIZE_TEST_DAMAGES=${DAMAGES:-1000}
export SESSIONIZE_TEST_KILLS=${KILLS:-600} SESSIONIZE_TEST_HOURS=${HOURS:-8760}

names=("$@")
[ ${#names[@]} -gt 0 ] || names=(crash_steps crash_maintenance crash_calls lost_writes disk_full damage salvage kills soak deliver)
for name in "${names[@]}"; do
    if [ "$name" = hostile ]; then
        tests/hostile.sh
        continue
    fi
    if [ "$name" = deliver ]; then
        cargo test --features postgres --test postgres any_moment -- --nocapture
        tests/python/run.sh -k killed
        cargo test --test faults deliver_kills -- --nocapture
        cargo test --features cloud --test cloud killed_at_random -- --nocapture
        continue
    fi
    cargo test --test faults "$name::" -- --nocapture
done
