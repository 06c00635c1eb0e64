import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("inspections", "scoring", "routing", "gateway")
PARTS = {f"{s}-{part}" for s in SERVICES for part in ("api", "worker", "migrate")}
OVERLAYS = ("dev", "prod")
pytestmark = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl is not installed: nothing renders k8s/"
)


@cache
def rendered(overlay):
    return subprocess.run(
        ["kubectl", "kustomize", f"k8s/overlays/{overlay}"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
    ).stdout


def objects(overlay, *kinds):
    return [it for it in yaml.safe_load_all(rendered(overlay)) if it["kind"] in kinds]


def validate(text, tmp_path):
    path = tmp_path / "cluster.yaml"
    path.write_text(text)
    command = [Path(sys.executable).parent / "kubernetes-validate", "--strict", "--quiet", path]
    return subprocess.run(command, text=True, capture_output=True, check=False)


def workloads():
    for overlay in OVERLAYS:
        for it in objects(overlay, "Deployment", "Job"):
            yield pytest.param(it, id=f"{overlay}-{it['metadata']['name']}")


def each_workload(test):
    found = list(workloads()) if shutil.which("kubectl") else []
    return pytest.mark.parametrize("workload", found)(test)


def pod(workload):
    return workload["spec"]["template"]["spec"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_is_valid(overlay, tmp_path):
    ran = validate(rendered(overlay), tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_misspelt_field_is_refused(tmp_path):
    ran = validate(rendered("prod").replace("minAvailable", "minAvailble", 1), tmp_path)
    assert ran.returncode != 0


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_service_serves_works_and_migrates(overlay):
    names = {it["metadata"]["name"] for it in objects(overlay, "Deployment", "Job")}
    assert names == PARTS


@each_workload
def test_a_container_runs_the_command_of_its_name(workload):
    service, _, part = workload["metadata"]["name"].rpartition("-")
    command = {"api": "service", "worker": "worker", "migrate": "migrate"}[part]
    (container,) = pod(workload)["containers"]
    assert container["args"] == [command, service]
    image, _, tag = container["image"].rpartition(":")
    assert image.endswith(f"ronde-{service}")
    assert tag not in {"", "latest"}


@each_workload
def test_a_pod_gives_away_all_it_can(workload):
    spec = pod(workload)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    for container in spec["containers"]:
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


@each_workload
def test_only_a_migration_holds_the_owners_password(workload):
    name = workload["metadata"]["name"]
    service, _, part = name.rpartition("-")
    mounted = {v["secret"]["secretName"] for v in pod(workload)["volumes"] if "secret" in v}
    assert mounted == {f"{service}-{'owner' if part == 'migrate' else 'credentials'}"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_api_is_drained_before_it_stops(overlay):
    apis = [it for it in objects(overlay, "Deployment") if it["metadata"]["name"].endswith("api")]
    assert len(apis) == len(SERVICES)
    for api in apis:
        (container,) = pod(api)["containers"]
        pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pod(api)["terminationGracePeriodSeconds"] > pause + 5
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_deployment_has_a_disruption_budget(overlay):
    budgets = [
        it["spec"]["selector"]["matchLabels"] for it in objects(overlay, "PodDisruptionBudget")
    ]
    deployments = objects(overlay, "Deployment")
    assert len(deployments) == len(budgets) == 2 * len(SERVICES)
    for deployment in deployments:
        assert deployment["spec"]["selector"]["matchLabels"].items() <= (
            deployment["spec"]["template"]["metadata"]["labels"].items()
        )
        assert any(
            b.items() <= deployment["spec"]["selector"]["matchLabels"].items() for b in budgets
        )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_may_talk_by_default(overlay):
    policies = {it["metadata"]["name"]: it["spec"] for it in objects(overlay, "NetworkPolicy")}
    assert policies["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    hears = policies["services-hear-the-gateway"]["ingress"][0]["from"]
    assert hears == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "gateway"}}}]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_figures_are_told_at_a_port_for_prometheus_alone(overlay):
    settings = {k: v for it in objects(overlay, "ConfigMap") for k, v in it["data"].items()}
    told = {f"{s}{w}_METRICS_PORT".upper() for s in SERVICES for w in ("", "_WORKER")}
    ports = {int(settings[it]) for it in told}
    for deployment in objects(overlay, "Deployment"):
        (container,) = pod(deployment)["containers"]
        assert ports == {
            it["containerPort"] for it in container["ports"] if it["name"] == "metrics"
        }
    admitting = {
        json.dumps(rule["from"])
        for policy in objects(overlay, "NetworkPolicy")
        for rule in policy["spec"].get("ingress", [])
        if ports & {it["port"] for it in rule["ports"]}
    }
    (only,) = admitting
    assert json.loads(only) == [
        {"namespaceSelector": {"matchLabels": {"ronde/monitoring": "true"}}}
    ]


def test_the_gateway_knows_where_the_services_are():
    maps = {key: value for it in objects("prod", "ConfigMap") for key, value in it["data"].items()}
    services = {it["metadata"]["name"] for it in objects("prod", "Service")}
    upstreams = json.loads(maps["GATEWAY_UPSTREAMS"])
    assert {url.split("//")[1].split(":")[0] for url in upstreams.values()} < services
    assert set(upstreams) == set(SERVICES) - {"gateway"}
