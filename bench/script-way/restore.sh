#!/bin/sh
# In the second image.
export CRAC_CRIU_OPTS="$(tr '\n' ' ' </snapshot/options)"
exec java -XX:CRaCRestoreFrom=/snapshot
