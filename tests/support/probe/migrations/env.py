from sqlalchemy import MetaData

from shared.migrate import run_environment

run_environment(MetaData())
