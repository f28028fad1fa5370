#!/bin/sh
# In the first image: starts the application, in a process whose id is free in any container.
pid=0
while [ "$pid" -lt 128 ]; do
    true &
    pid=$!
    wait "$pid"
done
mkdir -p /snapshot
java -XX:CRaCCheckpointTo=/snapshot -cp '/app/layers/libs/*:/app/layers/app/*:/app/layers/resources' \
    example.Application </dev/null &
echo $! >/jvm.pid
# At the restore, the CRIU of the distribution needs to know which pipe was which stream.
for descriptor in 1 2; do
    echo "--inherit-fd fd[$descriptor]:$(readlink "/proc/$!/fd/$descriptor")"
done >/snapshot/options
wait $!
# CRIU kills the application before it has written all of its log, and dies with this process.
until grep -q -e 'Dumping finished' -e Error /snapshot/dump4.log; do sleep 0.1; done
