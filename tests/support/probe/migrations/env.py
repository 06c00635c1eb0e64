from shared.migrate import run_environment
from sqlalchemy import MetaData

run_environment(MetaData())
