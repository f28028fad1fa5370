#!/bin/sh
# Makes the database POSTGRES_DATABASE, owned by POSTGRES_USER with POSTGRES_PASSWORD, and serves it on all addresses.
set -eu
data=/var/lib/postgresql/data
echo "$POSTGRES_PASSWORD" >/tmp/password
initdb --pgdata="$data" --username="$POSTGRES_USER" --pwfile=/tmp/password --no-sync \
    --auth-local=trust --auth-host=scram-sha-256 --locale=C.UTF-8 >/dev/null
rm /tmp/password
unset POSTGRES_PASSWORD
echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
# Before the server runs, so that one that accepts connections has the database.
echo "CREATE DATABASE \"$POSTGRES_DATABASE\"" | postgres --single -D "$data" -F template1 >/dev/null
exec postgres -D "$data" -F -c 'listen_addresses=*' -c log_connections=on -c log_disconnections=on
