#!/bin/bash
# Calls a container until it responds with 200, and prints the body. usage: call.sh CONTAINER PORT SECONDS
# Fails if the container ends before that, or after that many seconds.
set -u
end=$((SECONDS + $3))
while [ "$SECONDS" -lt "$end" ]; do
    address=$(docker port "$1" "$2/tcp" 2>/dev/null) || exit 1
    response=$(
        exec 3<>"/dev/tcp/127.0.0.1/${address##*:}" &&
            printf 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3 && timeout 20 cat <&3
    ) 2>/dev/null
    case $response in
    'HTTP/1.'[01]' 200 '*)
        printf '%s\n' "${response##*$'\r\n\r\n'}"
        exit 0
        ;;
    esac
    sleep 0.5
done
exit 1
