#!/bin/sh
# PID 1 of the container: records its own state, and starts the command in its arguments.
. /opt/crac-start/state.sh
record before
exec "$@"
