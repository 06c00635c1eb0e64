"""Run the migrations of scoring on the connection we are given."""

from scoring.store.tables import Table
from shared.migrate import run_environment

run_environment(Table.metadata)
