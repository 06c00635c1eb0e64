#!/usr/bin/env bash
# Makes, on an empty PostgreSQL, the database and the three roles of each service: the owner
# migrates, the service serves, the system role reads across organisations where a policy lets it.
# None is a superuser. Passwords come from the URLs in the secret files.
set -euo pipefail

password_in() { sed -E 's#^[^:]+://[^:]+:([^@]+)@.*#\1#' "${SECRETS:-/run/secrets}/$1"; }

for name in inspections scoring routing gateway; do
    psql --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres \
        --set=name="$name" \
        --set=owner="$(password_in "${name}_owner_url")" \
        --set=serving="$(password_in "${name}_database_url")" \
        --set=system="$(password_in "${name}_system_url")" <<'SQL'
select :'name' || '_owner' as owner_role, :'name' || '_system' as system_role \gset
create role :"owner_role" login password :'owner';
create role :"name" login password :'serving';
create role :"system_role" login password :'system';
create database :"name" owner :"owner_role";
revoke all on database :"name" from public;
grant connect on database :"name" to :"name", :"system_role";
SQL
done
