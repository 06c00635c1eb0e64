"""Run the demo from the terminal: start Ronde, act as its client, tell what happened, go on."""

import json
import threading
import traceback
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from gateway.demo.client import DemoClient
from gateway.demo.report import WIDTH, tell
from gateway.demo.scenario import Outcome, Scenario, Wanted
from gateway.demo.system import DemoFailed, System, started

NOTICE = "All places, people and findings here are synthetic data, invented from a seed."


@dataclass(frozen=True, slots=True)
class Manner:
    """How to run and what to print."""

    port: int
    serve: bool
    open_browser: bool
    as_json: bool


def run(wanted: Wanted, manner: Manner) -> int:
    """Run the demo; the answer is the exit code."""
    progress = Console(stderr=True, width=WIDTH)
    try:
        with started(wanted.directory, manner.port) as system:
            outcome = _act(wanted, system, progress)
            _tell(wanted, manner, system, outcome)
            if manner.serve:
                _serve(system, progress, manner)
    except (DemoFailed, OSError) as error:
        progress.print(f"ronde demo: {escape(str(error))}", style="red", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        progress.print("stopped")
        return 130
    except Exception:  # noqa: BLE001 - a person at a terminal is told a sentence, the file the rest
        report = wanted.directory / "demo-failure.log"
        report.write_text(traceback.format_exc())
        progress.print(f"ronde demo: failed in a way nobody foresaw; please report {report}")
        return 1
    return 0


def _act(wanted: Wanted, system: System, progress: Console) -> Outcome:
    def say(what: str, seconds: float) -> None:
        progress.print(f"[green]✓[/] {escape(what)} [dim]{seconds:.1f} s[/]", highlight=False)

    system.await_ready()
    say("PostgreSQL, four services and their workers started", system.seconds)
    people = [DemoClient(system.url, who, system.check) for who in ("admin", "coordinator")]
    try:
        return Scenario(wanted, people[0], people[1], say).run()
    finally:
        for person in people:
            person.close()


def _tell(wanted: Wanted, manner: Manner, system: System, outcome: Outcome) -> None:
    results = Console(width=WIDTH)
    attribution = outcome.graph.attribution if outcome.graph else "© OpenStreetMap contributors"
    if manner.as_json:
        results.print_json(_as_json(outcome, system), indent=None)
        return
    tell(results, outcome)
    token = f"curl -s -X POST {system.url}/demo/token -d person=coordinator"
    lines = (
        f"[bold]Console[/] {system.url}/console/  [bold]Docs[/] {system.url}/docs",
        f"[bold]Token[/] {token}  [bold]Files[/] {wanted.directory}",
        f"[yellow]{NOTICE}[/] {attribution}",
    )
    for line in lines:
        results.print(line, soft_wrap=True, highlight=False)


def _as_json(outcome: Outcome, system: System) -> str:
    plan, model, graph = outcome.plan, outcome.model, outcome.graph
    return json.dumps(
        {
            "url": system.url,
            "places": outcome.places,
            "rooms": outcome.rooms,
            "inspections": outcome.inspections,
            "findings": outcome.findings,
            "seconds": outcome.seconds,
            "graph": graph.model_dump(mode="json") if graph else None,
            "model": model.model_dump(mode="json") if model else None,
            "verdict": outcome.verdict,
            "plan": plan.model_dump(mode="json") if plan else None,
            "notice": NOTICE,
        }
    )


def _serve(system: System, progress: Console, manner: Manner) -> None:
    """Go on serving until Ctrl-C, or until Ronde ends by itself."""
    if manner.open_browser:
        import webbrowser

        webbrowser.open(f"{system.url}/console/")
    progress.print("Serving; Ctrl-C to stop.")
    pause = threading.Event()
    try:
        while not pause.wait(1.0):
            system.check()
    except KeyboardInterrupt:
        progress.print("stopping")
