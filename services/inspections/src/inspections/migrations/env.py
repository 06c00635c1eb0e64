"""Run the migrations of the record on the connection we are given."""

from inspections.store.tables import Table
from shared.migrate import run_environment

run_environment(Table.metadata)
