"""Makes the shops, starts Redis and the servers, compares answers, and lets wrk ask each in turn."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
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
arguments.add_argument("--workers", type=int, help="of the peer; the better of 1 and 2 unless said")
arguments.add_argument("--index", default="{kind: partitioned, recall: 0.98}")
options = arguments.parse_args()


def post(port, user):
    return servers.post(f"http://127.0.0.1:{port}/v1/recommendations", {"user": user, "k": 16})


def ask(port, clients, seconds, round_):
    return servers.ask(f"http://127.0.0.1:{port}", "pipeline", clients, seconds, options.users, round_ * 100 + clients)


def start_peer(port, workers, environment):
    process = servers.start(
        [sys.executable, "-m", "uvicorn", "peer:app", "--port", str(port), "--workers", str(workers), "--loop", "uvloop",
         "--http", "httptools", "--no-access-log", "--log-level", "warning"], cwd=HERE, env=environment)
    servers.wait(process, lambda: post(port, "u00000000"))
    return process


def best_peer(port, environment):
    """The peer with as many workers as answer most on this machine, beside its Redis and the load."""
    if options.workers:
        return options.workers, start_peer(port, options.workers, environment)
    rates = {}
    for workers in (1, 2):
        process = start_peer(port, workers, environment)
        ask(port, 16, 3, 0)
        rates[workers] = ask(port, 16, 5, 0)[0]
        print(f"the peer with {workers} workers: {rates[workers]:.0f} requests/s", file=sys.stderr, flush=True)
        if workers == 2 and rates[2] >= rates[1]:
            return workers, process
        servers.end(process)
    return 1, start_peer(port, 1, environment)


def reading_each_time(made):
    """The same shop, its server reading every candidate's features for every request."""
    folder = made + "-each"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in os.listdir(made):
        if name != "martlet.yml":
            os.symlink(os.path.abspath(f"{made}/{name}"), f"{folder}/{name}")
    text = open(f"{made}/martlet.yml").read()
    assert "\n  items: items\n" in text
    with open(f"{folder}/martlet.yml", "w") as file:
        file.write(text.replace("\n  items: items\n", "\n  items: items\n  keep-items: false\n"))
    return folder


def compare(peer, ours, name):
    """The same items with the same scores: what differs is what the graph or the cells did not find."""
    generator = np.random.default_rng(3)
    common, worst = [], 0.0
    for _ in range(200):
        user = f"u{generator.integers(options.users):08d}"
        theirs = {row["item"]: row["score"] for row in post(peer, user)["items"]}
        answer = post(ours, user)
        assert "skipped" not in answer and "fallback" not in answer, f"{name} skipped a stage: {answer}"
        own = {row["item"]: row["score"] for row in answer["items"]}
        assert len(theirs) == len(own) == 16, f"{len(theirs)} and {len(own)} items"
        both = theirs.keys() & own.keys()
        common.append(len(both) / 16)
        worst = max([worst] + [abs(theirs[item] - own[item]) / max(1, abs(theirs[item])) for item in both])
    mean = statistics.mean(common)
    print(f"{name}: of 200 users' 16 items {100 * mean:.1f} % are the peer's, their scores within {worst:.1e}", flush=True)
    if mean < 0.9 or worst > 1e-3:
        sys.exit("the answers differ: no rates are compared")
    return mean


def main():
    servers.require("wrk", "redis-server", "redis-cli")
    port = servers.free_port()
    redis = servers.redis_server(f"{options.folder}/redis", port)
    shops = shop.make(options, port)
    environment = shop.prepare_peer(shops["redis"], port)
    own = ("redis", "each", "embedded")
    shops["each"] = reading_each_time(shops["redis"])
    ports = {name: servers.free_port() for name in ("peer", *own)}
    running = {}
    workers, running["peer"] = best_peer(ports["peer"], environment)
    for name in own:
        running[name] = servers.start(
            [options.martlet, "serve", "--project", shops[name], "--port", str(ports[name])], stderr=subprocess.DEVNULL)
    for name in own:
        servers.wait(running[name], lambda: post(ports[name], "u00000000"))
    titles = {"peer": f"redis-py, torch, hnswlib, FastAPI ({workers} worker{'s' if workers > 1 else ''})",
              "redis": "Martlet, features in Redis",
              "each": "Martlet, features in Redis, all candidates' read for each request",
              "embedded": "Martlet, users' features in RocksDB, items' in the bundle"}
    equal = {name: compare(ports["peer"], ports[name], titles[name]) for name in own}
    names = ["peer", *own]
    for name in names:
        ask(ports[name], 16, 3, 0)
    before = {name: servers.martlet_stages(ports[name]) for name in own}
    used = {name: 0.0 for name in names}
    seen = {(name, clients): [] for name in names for clients in (1, 16)}

    def round_():
        found = {}
        for clients in (1, 16):
            for name in names:
                start = servers.cpu(running[name])
                found[name, clients] = ask(ports[name], clients, options.seconds, len(seen["peer", 1]) + 1)
                used[name] += servers.cpu(running[name]) - start
        for key, value in found.items():
            seen[key].append(value)
            print(f"{key[0]}, {key[1]} clients: {value[0]:.0f} requests/s, p50 {value[1]:.2f} ms, p99 {value[2]:.2f} ms, "
                  f"{value[3]:.0f} failed", file=sys.stderr, flush=True)
        return found

    rounds = races.calm_rounds(options.rounds, round_, servers.trees([redis, *running.values()]))
    median = {key: [statistics.median(one[key][place] for one in rounds) for place in range(4)] for key in seen}
    memory = {name: servers.peak(running[name]) for name in names}
    times = {name: servers.shares(before[name], servers.martlet_stages(ports[name])) for name in own}
    times["peer"] = servers.shares({}, json.loads(servers.get(f"http://127.0.0.1:{ports['peer']}/stages")))
    each = {name: 1e3 * used[name] / sum(one[4] for clients in (1, 16) for one in seen[name, clients]) for name in names}
    print(f"{options.users} users, {options.items} items, medians of {len(rounds)} rounds")
    print("| pipeline | clients | requests/s | ratio | p50 ms | ratio | p99 ms | ratio | failed | peak MB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for clients in (1, 16):
        theirs = median["peer", clients]
        for name in names:
            rate, middle, tail = median[name, clients][:3]
            failed = sum(one[3] for one in seen[name, clients])
            print(f"| {titles[name]} | {clients} | {rate:,.0f} | {rate / theirs[0]:.1f} | {middle:.2f} | "
                  f"{middle / theirs[1]:.3f} | {tail:.2f} | {tail / theirs[2]:.3f} | {failed:.0f} | {memory[name]:.0f} |")
    for name in names:
        print(f"{titles[name]}: {each[name]:.3f} ms of processor time a request; time by stage: {times[name]}")
    for name in own:
        for clients in (1, 16):
            theirs, ours = ([one[side, clients] for one in rounds] for side in ("peer", name))
            what = f"{titles[name]}, {clients} client{'s' if clients > 1 else ''}"
            more = {"against": titles["peer"].split(" (")[0], "peer_peak": memory["peer"], "peak": memory[name]}
            races.record(
                "online", what, titles["peer"], "requests/s", [one[0] for one in theirs], [one[0] for one in ours],
                15 if name != "each" and clients == 16 else None, **more,
                note=f"{100 * equal[name]:.1f} % of the items are the same; time by stage: {times[name]}; the peer's: "
                     f"{times['peer']}; processor time a request: {each[name]:.2f} ms, the peer's {each['peer']:.2f} ms; "
                     f"{sum(one[3] for one in ours):.0f} failed")
            if name == "each":
                continue
            for place, percent in ((1, 50), (2, 99)):
                limit = {"redis": 5, "embedded": 3}.get(name) if percent == 99 and clients == 16 else None
                races.record(
                    "online", f"{what}: p{percent}", titles["peer"], "ms", [one[place] for one in theirs],
                    [one[place] for one in ours], 5, less=True, bound=limit, **more)


try:
    main()
finally:
    servers.end()
