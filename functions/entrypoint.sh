#!/bin/sh
# Starts the deployable that FUNCTION_TARGET names, from the root of the package; arguments are passed on to it.
# Configuration comes from ARB_… variables; PORT is Cloud Run's. exec, so that signals reach the program.
set -eu
# As shared/platform/process/memory-settings.ts says and tests: memory outside the JavaScript heap stays where it is.
export MALLOC_ARENA_MAX=2
export MALLOC_MMAP_THRESHOLD_=65536
export MALLOC_TRIM_THRESHOLD_=131072
case "${FUNCTION_TARGET:-}" in
  streamer)
    exec node --max-semi-space-size=8 --heap-growing-percent=20 functions/cli/arb.ts run --host 0.0.0.0 --port "${PORT:-8080}" "$@"
    ;;
  *)
    echo "entrypoint: FUNCTION_TARGET is \"${FUNCTION_TARGET:-}\"; it must be: streamer" >&2
    exit 64
    ;;
esac
