"""The comparisons of Benchmarks/flow/run. Times are those of whole processes unless said otherwise."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, "Benchmarks")
import results

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--points", type=int, default=1_000_000)
parser.add_argument("--peer-points", type=int, default=50_000)
parser.add_argument("--runs", type=int, default=1000)
parser.add_argument("--length", type=int, default=10_000)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--only", default="steps,resume,points,cost,compare")
options = parser.parse_args()
only = options.only.split(",")
program = os.environ["MARTLET_FLOW_RACE"]
root = pathlib.Path.cwd()
python = {name: str(root / f".venv/{name}/bin/python") for name in ("metaflow", "mlflow")}
scratch = tempfile.TemporaryDirectory()
count = 0


def fresh():
    global count
    count += 1
    folder = pathlib.Path(scratch.name) / str(count)
    folder.mkdir()
    return folder


def ours(*arguments):
    """What one command of ours says, and how long the process took."""
    began = time.perf_counter()
    ended = subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True)
    return json.loads(ended.stdout), time.perf_counter() - began


def metaflow_source(steps):
    """A chain whose steps do what ours do."""
    lines = ["from metaflow import FlowSpec, step", "class Chain(FlowSpec):"]
    names = ["start"] + [f"s{i}" for i in range(1, steps - 1)] + ["end"]
    for place, name in enumerate(names):
        lines += ["    @step", f"    def {name}(self):"]
        lines += ["        self.value = 1" if place == 0 else "        self.value += 1"]
        if place + 1 < len(names):
            lines += [f"        self.next(self.{names[place + 1]})"]
        else:
            lines += [f"        assert self.value == {steps}"]
    return "\n".join(lines + ["if __name__ == '__main__':", "    Chain()", ""])


def metaflow(folder, *arguments):
    environment = os.environ | {
        "USERNAME": "race", "METAFLOW_DEFAULT_METADATA": "local", "METAFLOW_DEFAULT_DATASTORE": "local",
        "METAFLOW_HOME": str(folder), "HOME": str(folder), "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(folder)}
    began = time.perf_counter()
    ended = subprocess.run(
        [python["metaflow"], "chain.py", "--quiet", *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    if ended.returncode != 0:
        sys.exit(ended.stdout + ended.stderr)
    return time.perf_counter() - began


if "steps" in only or "resume" in only:
    steps, theirs, kept = options.steps, {}, {}

    def chains():
        folder = fresh()
        (folder / "chain.py").write_text(metaflow_source(steps))
        theirs["run"] = metaflow(folder, "run") / steps * 1e3
        answer = {}
        for isolation in ("in-process", "child-process"):
            own = fresh()
            said, seconds = ours("steps", own, steps, isolation)
            assert said["last"] == steps, said
            answer[isolation] = seconds / steps * 1e3
            if isolation == "in-process":
                said, resumed = ours("resume", own, steps)
                assert said["done"] == steps, said
                answer["resume"] = resumed * 1e3
        began = metaflow(folder, "resume", "end")
        return theirs["run"], answer, began * 1e3

    rounds = results.calm_rounds(options.rounds, chains)
    for isolation, what in [("in-process", "in one process"), ("child-process", "a process each")]:
        results.record(
            "flow", f"a chain of {steps} tiny steps, Martlet's {what}", "Metaflow, local", "ms a step",
            [row[0] for row in rounds], [row[1][isolation] for row in rounds], asked=20, less=True, against="Metaflow")
    results.record(
        "flow", f"resume of a finished flow of {steps} steps", "Metaflow, resume of the last step", "ms",
        [row[2] for row in rounds], [row[1]["resume"] for row in rounds], less=True, against="Metaflow",
        note="asked: under 200 ms, the start of the process with it")

if "points" in only:
    for name in ("sqlite", "file"):

        def points():
            folder = fresh()
            uri = f"sqlite:///{folder}/mlflow.db" if name == "sqlite" else f"file://{folder}/mlruns"
            ended = subprocess.run(
                [python["mlflow"], "Benchmarks/flow/mlflow_points.py", uri, str(options.peer_points)],
                capture_output=True, text=True)
            if ended.returncode != 0:
                sys.exit(ended.stderr)
            theirs = json.loads(ended.stdout.splitlines()[-1])
            said, _ = ours("log", fresh(), options.points)
            assert said["points"] == options.points and theirs["points"] == options.peer_points
            return options.peer_points / theirs["seconds"], options.points / said["seconds"]

        rounds = results.calm_rounds(options.rounds, points)
        results.record(
            "flow", f"{options.points:,} points of a metric logged, written and read back",
            f"MLflow's client, {name} store, batches of 1,000, {options.peer_points:,} points",
            "points/s", [row[0] for row in rounds], [row[1] for row in rounds], asked=20, against=f"MLflow {name}")

if "cost" in only:
    seconds = 10

    def cost():
        said, _ = ours("cost", fresh(), seconds, 2)
        # Whichever is more: the processor's time, all threads together, or what the training waited for.
        return [max(said[run]["processor"], said[run]["waited"]) / seconds * 100 for run in ("tracked", "flow")]

    rounds = results.calm_rounds(options.rounds, cost)
    bare = sorted(row[1] for row in rounds)[len(rounds) // 2]
    results.record(
        "flow", f"a step of {seconds} s with 40 facts and three metrics twice a second: what the flow and tracking take",
        None, "% of its time on one core", [], [row[0] for row in rounds], less=True,
        note=f"asked: under 1 % for tracking; {bare:.2f} % of it without facts and metrics")

if "compare" in only:
    folder = fresh()
    ours("fill", folder, options.runs, options.length)

    def compare():
        said, seconds = ours("compare", folder)
        assert said["curves"] == said["trials"] == options.runs and said["points"] == options.runs * options.length, said
        return said["seconds"] * 1e3

    rounds = results.calm_rounds(options.rounds, compare)
    results.record(
        "flow", f"the curves of {options.runs:,} runs × {options.length:,} points, and their trials", None, "ms", [], rounds,
        less=True, note="asked: under 300 ms")

    def page():
        said, _ = ours("page", folder)
        assert said["status"] == 200 and said["trials"] == str(options.runs), said
        assert said["curves"] == 2 * min(options.runs, 158), said
        return said["seconds"] * 1e3

    rounds = results.calm_rounds(options.rounds, page)
    results.record(
        "flow", f"the dashboard's page of {options.runs:,} trainings × {options.length:,} points, the best 158 curves drawn",
        None, "ms", [], rounds, less=True, note="asked: under 300 ms; the first page of a process, its start not counted")
