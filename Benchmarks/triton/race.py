"""Starts Redis, Triton and Martlet over one shop, compares their answers, and lets wrk ask each in turn. Martlet twice: with
features in the same Redis as Triton's, and embedded, users' in RocksDB and items' in the bundle."""
import argparse
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
sys.path.insert(0, f"{os.path.dirname(HERE)}/online")
import repository
import results as races
import servers
import shop

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


def triton(folder, environment, port, log):
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
    libraries = [f"{site}/nvidia_pytriton.libs", os.environ.get("LD_LIBRARY_PATH", "")]
    # In the folder of the packages: the stub looks for numpy there.
    return servers.start(
        [f"{place}/bin/tritonserver", "--model-repository", f"{folder}/models", "--backend-directory", backends,
         "--http-port", str(port), "--http-address", "127.0.0.1", "--allow-grpc", "false", "--allow-metrics", "false",
         "--http-thread-count", "4"],
        cwd=site, env={**environment, "LD_LIBRARY_PATH": ":".join(filter(None, libraries))}, stdout=open(log, "w"),
        stderr=subprocess.STDOUT)


def triton_times(port):
    """Seconds since the start: computed by each stage for batches of requests; and what requests waited before stages, and
    spent before and in them."""
    computed, waited, taken = {}, 0, 0
    for model in json.loads(servers.get(f"http://127.0.0.1:{port}/v2/models/stats"))["model_stats"]:
        if model["name"] == "recommend":
            continue
        waited += model["inference_stats"]["queue"]["ns"] / 1e9
        taken += model["inference_stats"]["success"]["ns"] / 1e9
        computed[model["name"].replace("_", " ")] = sum(
            batch[part]["ns"] for batch in model["batch_stats"] for part in ("compute_input", "compute_infer", "compute_output")
        ) / 1e9
    return computed, waited, taken


def main():
    servers.require("wrk", "redis-server", "redis-cli")
    redis_port = servers.free_port()
    redis = servers.redis_server(f"{options.folder}/redis", redis_port)
    shops = shop.make(options, redis_port)
    environment = shop.prepare_peer(shops["redis"], redis_port, ONLINE_TEMPERATURE="1e-6")
    with tempfile.TemporaryDirectory() as folder:
        race(folder, environment, redis, shops)


def race(folder, environment, redis, shops):
    log = f"{folder}/triton.log"
    ports = {side: servers.free_port() for side in ("triton", *shops)}
    url = {side: f"http://127.0.0.1:{port}" for side, port in ports.items()}
    print("starting Triton", file=sys.stderr, flush=True)
    sides = {"triton": triton(folder, environment, ports["triton"], log)}
    for side, place in shops.items():
        sides[side] = servers.start(
            [options.martlet, "serve", "--project", place, "--port", str(ports[side])], stderr=subprocess.DEVNULL)
    with open(f"{shops['redis']}/peer/items.txt") as file:
        items = file.read().split()

    def ask_triton(user):
        answer = servers.post(f"{url['triton']}/v2/models/recommend/infer", {"inputs": [
            {"name": "user_id_raw", "shape": [1, 1], "datatype": "INT32", "data": [user]}]})
        found = {tensor["name"]: tensor["data"] for tensor in answer["outputs"]}
        return {items[row]: score for row, score in zip(found["ordered_ids"], found["ordered_scores"])}

    def ask_martlet(side, user):
        answer = servers.post(f"{url[side]}/v1/recommendations", {"user": f"u{user:08d}", "k": 16})
        assert "skipped" not in answer and "fallback" not in answer, answer
        return {row["item"]: row["score"] for row in answer["items"]}

    servers.wait(sides["triton"], lambda: ask_triton(0), log)
    users, equal = np.random.default_rng(3).integers(options.users, size=100).tolist(), {}
    for side in shops:
        servers.wait(sides[side], lambda: ask_martlet(side, 0))
        common, worst, ordered = [], 0.0, 0
        for user in users:
            theirs, ours = ask_triton(user), ask_martlet(side, user)
            assert len(theirs) == len(ours) == 16, (theirs, ours)
            both = theirs.keys() & ours.keys()
            common.append(len(both) / 16)
            ordered += list(theirs) == list(ours)
            worst = max([worst] + [abs(theirs[item] - ours[item]) / max(1, abs(theirs[item])) for item in both])
        equal[side] = statistics.mean(common)
        print(f"Martlet, {side}: of {len(users)} users' 16 items {100 * equal[side]:.1f} % are Triton's, {ordered} lists the same in the "
              f"same order, the scores within {worst:.1e}", flush=True)
        if equal[side] < 0.9 or worst > 1e-3:
            sys.exit("the answers differ: no rates are compared")

    kinds = {side: "triton" if side == "triton" else "pipeline" for side in sides}
    for side in sides:
        servers.ask(url[side], kinds[side], 16, 3, options.users)
    # Before and after each measurement, added up: seconds by stage.
    stages = {(side, clients): {} for side in sides for clients in (1, 16)}
    waits = {clients: [0.0, 0.0] for clients in (1, 16)}
    # Seconds of processor time, and requests.
    used = {key: [0.0, 0.0] for key in stages}

    def times(side):
        return triton_times(ports[side]) if side == "triton" else (servers.martlet_stages(ports[side]), 0, 0)

    def round_():
        found = {}
        for clients in (1, 16):
            for side in sides:
                before, start = times(side), servers.cpu(sides[side])
                found[side, clients] = servers.ask(url[side], kinds[side], clients, options.seconds, options.users, clients)
                after, spent = times(side), servers.cpu(sides[side]) - start
                used[side, clients] = [used[side, clients][0] + spent, used[side, clients][1] + found[side, clients][4]]
                for stage, seconds in after[0].items():
                    sums = stages[side, clients]
                    sums[stage] = sums.get(stage, 0) + seconds - before[0].get(stage, 0)
                if side == "triton":
                    waits[clients] = [total + b - a for total, a, b in zip(waits[clients], before[1:], after[1:])]
                rate, middle, tail, failed, _ = found[side, clients]
                print(f"{side}, {clients} clients: {rate:.0f} requests/s, p50 {middle:.2f} ms, p99 {tail:.2f} ms, "
                      f"{failed:.0f} failed", file=sys.stderr, flush=True)
                if rate == 0:
                    sys.exit("not one request was answered: the machine is too busy")
        return found

    rounds = races.calm_rounds(options.rounds, round_, servers.trees([redis, *sides.values()]))
    memory = {side: servers.peak(process) for side, process in sides.items()}
    titles = {"redis": "features in Redis, items' kept until it tells of changes", "embedded": "Martlet's features embedded"}
    for side, title in titles.items():
        for clients in (1, 16):
            theirs, ours = ([statistics.median(one[name, clients][place] for one in rounds) for place in range(4)]
                            for name in ("triton", side))
            waited, taken = waits[clients]
            shares = {name: servers.shares({}, stages[name, clients]) for name in ("triton", side)}
            each = [1e3 * used[name, clients][0] / used[name, clients][1] for name in ("triton", side)]
            races.record(
                "triton", f"the whole pipeline over HTTP, {options.users:,} users, {options.items:,} items, {title}, "
                f"{clients} client{'s' if clients > 1 else ''}",
                f"Triton, Python backends ({options.instances} process{'es' if options.instances > 1 else ''} a stage)",
                "requests/s", [one["triton", clients][0] for one in rounds], [one[side, clients][0] for one in rounds],
                20 if clients == 16 else None, against="Triton", peer_peak=memory["triton"], peak=memory[side],
                note=f"p50, p99: {theirs[1]:.2f}, {theirs[2]:.2f} ms and {ours[1]:.2f}, {ours[2]:.2f} ms; failed "
                     f"{theirs[3]:.0f} and {ours[3]:.0f}; {100 * equal[side]:.1f} % of the items are the same; processor time of a "
                     f"request without Redis {each[0]:.2f} and {each[1]:.2f} ms; time by stage: "
                     f"Triton {shares['triton']}, with {100 * waited / max(taken, 1e-9):.0f} % of a request's time waiting for "
                     f"them; Martlet {shares[side]}")


try:
    main()
finally:
    servers.end()
