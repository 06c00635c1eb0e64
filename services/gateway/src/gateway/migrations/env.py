"""Run the migrations of the gateway on the connection we are given."""

from gateway.store import access_tables
from shared.migrate import run_environment

run_environment(access_tables.AccountRow.metadata)
