"""What looks for faults finds those planted, and says so when it could not look."""

import json
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import audit
import dangerous_code
import licences
import secret_scan

ROOT = Path(__file__).resolve().parents[2]
UV = shutil.which("uv") or str(ROOT / ".venv-boot/bin/uv")
needs_uv = pytest.mark.skipif(
    not Path(UV).exists(), reason="uv is neither on the path nor in .venv-boot"
)
SERVICES = ("inspections", "scoring", "routing", "gateway")


def test_dangerous_code_is_found_and_a_reason_lets_medium_pass_but_never_high(tmp_path):
    (tmp_path / "shell.py").write_text(
        "import subprocess\n"
        "def run(it):\n"
        "    subprocess.run(it, shell=True)  # noqa: S602 - somebody thought so\n"
        "def ask(table):\n"
        "    return f'select * from {table}'\n"
        "def ask_too(table):\n"
        "    return f'select * from {table}'  # noqa: S608 - names of ours\n"
        "def ask_again(table):\n"
        "    return f'select * from {table}'  # noqa: S608\n"
    )
    found = dangerous_code.findings(["."], tmp_path)
    wrong = list(dangerous_code.unexplained(found, tmp_path))
    assert [it.split(" Possible")[0].split(" identified")[0] for it in wrong] == [
        "./shell.py:3: HIGH B602 subprocess call with shell=True",
        "./shell.py:5: MEDIUM B608",
        "./shell.py:9: MEDIUM B608",
    ]


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("(MIT OR GPL-2.0-only)", True),
        ("Apache-2.0 WITH LLVM-exception AND 0BSD", True),
        ("MIT AND GPL-3.0-or-later", False),
        ("AGPL-3.0-only", False),
        ("unknown", False),
    ],
)
def test_a_licence_is_allowed_by_name(licence, allowed):
    assert licences.is_allowed(licence) is allowed


def test_a_library_under_the_gpl_is_found_in_a_wheel_that_says_bsd():
    assert licences.licence_of(licences.distribution("pillow-heif")) == "BSD-3-Clause"
    assert "pillow-heif holds: License: GPLv2" in list(licences.refusals("pillow-heif==1.8.1\n"))


def test_a_package_that_is_not_installed_is_named_unless_it_is_for_another_system():
    locked = "no-such-package==1.0\nnor-this==1.0 ; sys_platform == 'win32'\n"
    assert list(licences.refusals(locked)) == [
        "no-such-package is not installed, so nothing is known of it"
    ]


def test_a_library_of_the_console_under_the_gpl_is_found():
    packages = {
        "": {"name": "console"},
        "node_modules/a": {"license": "GPL-3.0"},
        "node_modules/b": {"license": "GPL-3.0", "dev": True},
    }
    found = list(licences.refusals_of_console({"packages": packages}))
    assert found == ["node_modules/a: GPL-3.0"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("AWS Access Key", "AKIA" + "QRST" * 4),
        ("Private Key", "-----BEGIN" + " RSA PRIVATE KEY-----"),
        ("Secret Keyword", 'password = "correct' + ' horse battery"'),
        ("JSON Web Token", "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxIn0.c2lnbmF0dXJl"),
    ],
)
def test_a_secret_is_found(kind, text, tmp_path):
    (tmp_path / "settings.py").write_text(f"# one line\n{text}\n")
    ((_, _, line, found),) = secret_scan.found_in(tmp_path / "settings.py")
    assert (line, found) == (2, kind)


class KnownFaults(BaseHTTPRequestHandler):
    """Knows a fault of one package, as the services of known faults say it."""

    FAULT = MappingProxyType({"id": "OSV-2026-1", "modified": "2026-01-01T00:00:00Z"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path.startswith("/-/npm/"):
            about = {"id": 1, "url": "https://fault.example", "title": "A planted fault"}
            self.give({"leaflet": [about | {"severity": "high", "vulnerable_versions": "*"}]})
            return
        names = [it["package"]["name"] for it in json.loads(body)["queries"]]
        faulty = {"vulns": [dict(self.FAULT)]}
        self.give({"results": [faulty if it == "starlette" else {} for it in names]})

    def do_GET(self):
        if self.path == "/leaflet":
            named = {"name": "leaflet", "version": "1.9.4"}
            self.give({"dist-tags": {"latest": "1.9.4"}, "versions": {"1.9.4": named}, **named})
            return
        self.give(self.FAULT | {"summary": "A planted fault"})

    def give(self, it):
        body = json.dumps(it).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def known_faults():
    server = ThreadingHTTPServer(("127.0.0.1", 0), KnownFaults)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


AUDITS = {
    "Python packages": lambda url: audit.audit(UV, "--service-url", url),
    "libraries of the console": lambda url: audit.audit_console(
        "--registry", url, "--fetch-retries", "0"
    ),
}


@needs_uv
@pytest.mark.parametrize("what", AUDITS)
def test_a_known_fault_of_a_package_is_red(what):
    with known_faults() as url:
        told, code = audit.verdict(what, AUDITS[what](url))
    assert "A planted fault" in told
    assert code == 1


@needs_uv
@pytest.mark.slow
@pytest.mark.parametrize("what", AUDITS)
def test_a_service_of_known_faults_that_is_away_is_no_success(what):
    told, code = audit.verdict(what, AUDITS[what]("http://127.0.0.1:1/"))
    assert told.startswith(f"SKIPPED, {what} were NOT audited:\n")
    assert "error" in told
    assert code == 0, "what cannot be asked does not stop a change"


def test_another_failure_of_the_audit_is_red():
    ran = subprocess.CompletedProcess([], 2, "", "error: Unable to find lockfile at `uv.lock`")
    assert audit.verdict("packages", ran) == (f"packages:\n{ran.stderr}\n", 2)


@needs_uv
@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_the_components_of_each_service_are_listed():
    subprocess.run(
        ["make", "-o", ".venv/.ready", "sbom"], cwd=ROOT, capture_output=True, check=True
    )
    listed = {}
    for name in (*SERVICES, "console"):
        told = json.loads((ROOT / f"sbom/{name}.json").read_text("utf-8"))
        assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.5")
        assert all(it.get("purl") or it["name"].startswith("ronde-") for it in told["components"])
        listed[name] = {it["name"] for it in told["components"]}
    assert {name for name, them in listed.items() if "lightgbm" in them} == {"scoring"}
    assert {name for name, them in listed.items() if "numba" in them} == {"routing"}
    assert {"d3", "leaflet"} <= listed["console"]
    assert "typescript" not in listed["console"]
    assert all("fastapi" in listed[it] and "pytest" not in listed[it] for it in SERVICES)
