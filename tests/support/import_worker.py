"""The worker of the record in a process of its own, to be killed."""

import asyncio
import json
import sys

from inspections.main import run_worker
from inspections.settings import Settings

if __name__ == "__main__":
    asyncio.run(run_worker(Settings(**json.loads(sys.argv[1]))))
