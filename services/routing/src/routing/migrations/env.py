"""Run the migrations of routing on the connection we are given."""

from routing.store.tables import Table
from shared.migrate import run_environment

run_environment(Table.metadata)
