#!/bin/sh
# Writes one line every INTERVAL seconds, until told to stop.

stop() {
  echo "ticker: stopping after $count ticks"
  # The sleep below is a child of this shell and does not hear SIGINT: without this it would outlive it.
  [ -z "$sleeper" ] || { kill "$sleeper"; wait "$sleeper"; } 2>/dev/null
  exit 0
}

count=0
sleeper=
trap stop INT TERM

echo "ticker: every ${INTERVAL:-30} s"
while :; do
  # A shell runs its traps only between commands; `wait` is interrupted at once, `sleep` is not.
  sleep "${INTERVAL:-30}" &
  sleeper=$!
  wait "$sleeper"
  count=$((count + 1))
  echo "ticker: tick $count"
done
