#!/bin/sh
# Starts the job again and again: `every.sh 21600 run --log-format json`, six hours between two runs.
# Whoever stops the container stops the job: it leaves the warehouse as it was and ends in seconds.
set -u
pause=$1
shift
child=
stop() {
	trap '' TERM INT
	kill -TERM "$child" 2>/dev/null
	wait "$child"
	exit 143
}
trap stop TERM INT
while :; do
	instantly-warehouse "$@" &
	child=$!
	wait "$child"
	echo "ended with $?" >&2
	sleep "$pause" &
	child=$!
	wait "$child"
done
