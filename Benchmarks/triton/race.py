"""Starts Redis, Triton and Martlet over one shop, compares their answers, and lets wrk ask each in turn."""
import argparse
import glob
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
import repository
import results as races

arguments = argparse.ArgumentParser()
arguments.add_argument("--martlet", required=True)
arguments.add_argument("--folder", required=True)
arguments.add_argument("--users", type=int, default=100_000)
arguments.add_argument("--items", type=int, default=100_000)
arguments.add_argument("--rounds", type=int, default=3)
arguments.add_argument("--seconds", type=int, default=10)
arguments.add_argument("--instances", type=int, default=1, help="processes of each of Triton's stages")
arguments.add_argument("--index", default="{kind: partitioned, recall: 0.98}")
options = arguments.parse_args()
processes = []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, **more):
    process = subprocess.Popen(command, **{"stdout": subprocess.DEVNULL, **more})
    processes.append(process)
    return process


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=60))


def wait(process, ask, log=None):
    """Asks until there is an answer, for five minutes."""
    for _ in range(3000):
        if process.poll() is not None:
            sys.exit(f"a server ended: {process.args}" + (f"\n{open(log).read()[-4000:]}" if log else ""))
        try:
            return ask()
        except Exception:
            time.sleep(0.1)
    sys.exit(f"a server does not answer: {process.args}" + (f"\n{open(log).read()[-4000:]}" if log else ""))


def tree(pid):
    """A process and those it started."""
    found = [pid]
    for parent in found:
        for task in os.listdir(f"/proc/{parent}/task"):
            found += map(int, open(f"/proc/{parent}/task/{task}/children").read().split())
    return found


def peak(process):
    """The most memory that a server and its processes have taken, MB."""
    found = [re.search(r"VmHWM:\s*(\d+) kB", open(f"/proc/{pid}/status").read()) for pid in tree(process.pid)]
    return sum(int(match[1]) for match in found if match) * 1024 / 1e6


def triton(folder, environment, ports, log):
    """The server of the wheel, with its Python backend and the stub for this Python."""
    site = next(path for path in sys.path if path.endswith("site-packages"))
    place = f"{site}/pytriton/tritonserver"
    backends = f"{folder}/backends"
    shutil.copytree(f"{place}/backends/python", f"{backends}/python", dirs_exist_ok=True)
    stubs = glob.glob(f"{place}/**/{sys.version_info[0]}.{sys.version_info[1]}/triton_python_backend_stub", recursive=True)
    if not stubs:
        sys.exit(f"the wheel has no stub for Python {sys.version_info[0]}.{sys.version_info[1]}")
    shutil.copy(stubs[0], f"{backends}/python/triton_python_backend_stub")
    repository.make(f"{folder}/models", options.instances)
    libraries = [f"{site}/nvidia_pytriton.libs", f"{place}/lib", f"{place}/external_libs"]
    environment = {**environment, "LD_LIBRARY_PATH": ":".join(libraries + [os.environ.get("LD_LIBRARY_PATH", "")]),
                   "PYTHONPATH": ":".join([site, HERE, f"{os.path.dirname(HERE)}/online"])}
    # In the folder of the packages: the stub looks for numpy there.
    return start([f"{place}/bin/tritonserver", "--model-repository", f"{folder}/models", "--backend-directory", backends,
                  "--http-port", str(ports[0]), "--http-address", "127.0.0.1", "--allow-grpc", "false",
                  "--allow-metrics", "false", "--http-thread-count", "4"],
                 cwd=site, env=environment, stdout=open(log, "w"), stderr=subprocess.STDOUT)


def main():
    redis_port, triton_port, port = free_port(), free_port(), free_port()
    shop = f"{options.folder}/redis-{options.users}-{options.items}"
    os.makedirs(f"{options.folder}/redis", exist_ok=True)
    redis = start(["redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--dir", f"{options.folder}/redis",
                   "--save", "", "--appendonly", "no"])
    url = f"redis://127.0.0.1:{redis_port}"
    bench = [options.martlet, "bench", "online", shop, "--users", str(options.users), "--items", str(options.items), "--store",
             url, "--index", options.index]
    # The features of an earlier run went with its Redis.
    bench += ["--features-only"] if os.path.exists(f"{shop}/peer/item-vectors.f32") else []
    print("making the shop", file=sys.stderr, flush=True)
    subprocess.run(bench, check=True)
    environment = {**os.environ, "ONLINE_SHOP": shop, "ONLINE_REDIS": str(redis_port), "ONLINE_TEMPERATURE": "1e-6"}
    subprocess.run([sys.executable, f"{os.path.dirname(HERE)}/online/peer.py"], check=True,
                   env={**environment, "ONLINE_PREPARE": "1"})
    with tempfile.TemporaryDirectory() as folder:
        race(folder, environment, redis, shop, triton_port, port)


def race(folder, environment, redis, shop, triton_port, port):
    log = f"{folder}/triton.log"
    sides = {
        "triton": triton(folder, environment, (triton_port,), log),
        "martlet": start([options.martlet, "serve", "--project", shop, "--port", str(port)], stderr=subprocess.DEVNULL),
    }

    def ask_triton(user):
        answer = post(f"http://127.0.0.1:{triton_port}/v2/models/recommend/infer", {"inputs": [
            {"name": "user_id_raw", "shape": [1, 1], "datatype": "INT32", "data": [user]}]})
        found = {tensor["name"]: tensor["data"] for tensor in answer["outputs"]}
        return dict(zip(found["ordered_ids"], found["ordered_scores"]))

    def ask_martlet(user):
        answer = post(f"http://127.0.0.1:{port}/v1/recommendations", {"user": f"u{user:08d}", "k": 16})
        assert "skipped" not in answer and "fallback" not in answer, answer
        return {int(row["item"].lstrip("i")): row["score"] for row in answer["items"]}

    wait(sides["triton"], lambda: ask_triton(0), log)
    wait(sides["martlet"], lambda: ask_martlet(0))
    generator = np.random.default_rng(3)
    common, worst = [], 0.0
    for user in generator.integers(options.users, size=100).tolist():
        theirs, ours = ask_triton(user), ask_martlet(user)
        assert len(theirs) == len(ours) == 16, (theirs, ours)
        both = theirs.keys() & ours.keys()
        common.append(len(both) / 16)
        worst = max([worst] + [abs(theirs[item] - ours[item]) / max(1, abs(theirs[item])) for item in both])
    equal = statistics.mean(common)
    print(f"of 100 users' 16 items {100 * equal:.1f} % are Triton's, their scores within {worst:.1e}", flush=True)
    if equal < 0.9 or worst > 1e-3:
        sys.exit("the answers differ: no rates are compared")

    def ask(side, clients, seconds, number):
        command = ["wrk", "-t", "1", "-c", str(clients), "-d", f"{seconds}s", "-s", f"{HERE}/ask.lua",
                   f"http://127.0.0.1:{triton_port if side == 'triton' else port}", "--", side, str(options.users),
                   str(number * 100 + clients)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return list(map(float, re.search(r"RESULT (.*)", output)[1].split()))

    for side in sides:
        ask(side, 16, 3, 0)

    def round_():
        found = {}
        for clients in (1, 16):
            for side in sides:
                found[side, clients] = ask(side, clients, options.seconds, 1)
                rate, middle, tail, failed = found[side, clients]
                print(f"{side}, {clients} clients: {rate:.0f} requests/s, p50 {middle:.2f} ms, p99 {tail:.2f} ms, "
                      f"{failed:.0f} failed", file=sys.stderr, flush=True)
        return found

    pids = [pid for process in [redis, *sides.values()] for pid in tree(process.pid)]
    rounds = races.calm_rounds(options.rounds, round_, pids)
    memory = {side: peak(process) for side, process in sides.items()}
    for clients in (1, 16):
        middle = {side: [statistics.median(one[side, clients][place] for one in rounds) for place in range(4)] for side in sides}
        theirs, ours = middle["triton"], middle["martlet"]
        races.record(
            "triton", f"the whole pipeline over HTTP, features in Redis, {clients} client{'s' if clients > 1 else ''}",
            f"Triton, Python backends ({options.instances} process{'es' if options.instances > 1 else ''} a stage)",
            "requests/s", [one["triton", clients][0] for one in rounds], [one["martlet", clients][0] for one in rounds],
            20 if clients == 16 else None, peer_peak=memory["triton"], peak=memory["martlet"],
            note=f"p50, p99: {theirs[1]:.2f}, {theirs[2]:.2f} ms and {ours[1]:.2f}, {ours[2]:.2f} ms; failed "
                 f"{theirs[3]:.0f} and {ours[3]:.0f}; {100 * equal:.1f} % of the items are the same")


try:
    main()
finally:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()
