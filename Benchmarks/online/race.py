"""Makes the shops, starts Redis and the servers, compares answers, and lets wrk ask each in turn."""
import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import results as races

arguments = argparse.ArgumentParser()
arguments.add_argument("--martlet", required=True)
arguments.add_argument("--folder", required=True)
arguments.add_argument("--users", type=int, default=100_000)
arguments.add_argument("--items", type=int, default=100_000)
arguments.add_argument("--rounds", type=int, default=3)
arguments.add_argument("--seconds", type=int, default=10)
arguments.add_argument("--workers", type=int, default=2)
arguments.add_argument("--index", default="{kind: partitioned, recall: 0.98}")
options = arguments.parse_args()
processes = []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, **more):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **more)
    processes.append(process)
    return process


def post(port, user, **more):
    body = json.dumps({"user": user, "k": 16, **more}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/recommendations", body, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=30))


def get(port, path):
    return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30).read().decode()


def wait_for(port, process):
    for _ in range(1200):
        if process.poll() is not None:
            sys.exit(f"a server ended: {process.args}")
        try:
            return post(port, "u00000000")
        except Exception:
            time.sleep(0.1)
    sys.exit(f"nothing answers on port {port}")


def redis_server(folder, port):
    os.makedirs(folder, exist_ok=True)
    process = start(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "",
                     "--appendonly", "no", "--dbfilename", "features.rdb"])
    for _ in range(600):
        try:
            if b"PONG" in subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True).stdout:
                return process
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("redis-server does not answer")


def tree(pid):
    """A process and its workers."""
    found = [pid]
    for parent in found:
        for task in os.listdir(f"/proc/{parent}/task"):
            found += map(int, open(f"/proc/{parent}/task/{task}/children").read().split())
    return found


def peak(process):
    """The most memory that a server and its workers have taken, MB."""
    total = 0
    for pid in tree(process.pid):
        found = re.search(r"VmHWM:\s*(\d+) kB", open(f"/proc/{pid}/status").read())
        total += int(found[1]) if found else 0
    return total * 1024 / 1e6


def martlet_stages(port):
    """Seconds by stage since the start."""
    pattern = r'martlet_pipeline_stage_duration_seconds_sum\{stage="([^"]+)"\} (\S+)'
    return {name: float(value) for name, value in re.findall(pattern, get(port, "/metrics"))}


def shares(before, after):
    spent = {name: after[name] - before.get(name, 0) for name in after}
    total = sum(spent.values())
    parts = sorted(spent.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {100 * seconds / total:.0f} %" for name, seconds in parts if seconds > 0.005 * total)


def ask(port, clients, seconds, round_):
    command = ["wrk", "-t", "1", "-c", str(clients), "-d", f"{seconds}s", "-s", f"{HERE}/users.lua",
               f"http://127.0.0.1:{port}", "--", str(options.users), str(round_ * 100 + clients)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate, middle, tail, failed, _ = map(float, re.search(r"RESULT (.*)", output)[1].split())
    return rate, middle, tail, failed


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
    port = free_port()
    redis = redis_server(f"{options.folder}/redis", port)
    name = f"{options.users}-{options.items}"
    shops = {"redis": f"{options.folder}/redis-{name}", "embedded": f"{options.folder}/embedded-{name}"}
    url = f"redis://127.0.0.1:{port}"
    shop, size = shops["redis"], ["--users", str(options.users), "--items", str(options.items)]
    bench = [options.martlet, "bench", "online"]
    if not os.path.exists(f"{shop}/done"):
        print("making the shop", file=sys.stderr, flush=True)
        subprocess.run([*bench, shop, *size, "--store", url, "--index", options.index], check=True)
        shutil.copytree(shop, shops["embedded"])
        subprocess.run([*bench, shops["embedded"], *size, "--store", "rocksdb", "--index", options.index,
                        "--features-only"], check=True)
        open(f"{shop}/done", "w").close()
    else:
        # The features of an earlier run went with its Redis.
        subprocess.run([*bench, shop, *size, "--store", url, "--index", options.index, "--features-only"], check=True)
    environment = {**os.environ, "ONLINE_SHOP": shop, "ONLINE_REDIS": str(port)}
    print("loading the peer's features, building its graph", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, f"{HERE}/peer.py"], check=True, env={**environment, "ONLINE_PREPARE": "1"})
    ports = {name: free_port() for name in ("peer", "redis", "embedded")}
    servers = {}
    for name in ("redis", "embedded"):
        servers[name] = start(
            [options.martlet, "serve", "--project", shops[name], "--port", str(ports[name])], stderr=subprocess.DEVNULL)
    servers["peer"] = start(
        [sys.executable, "-m", "uvicorn", "peer:app", "--port", str(ports["peer"]), "--workers", str(options.workers),
         "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"], cwd=HERE, env=environment)
    for name in servers:
        wait_for(ports[name], servers[name])
    equal = {name: compare(ports["peer"], ports[name], f"Martlet, {name}") for name in ("redis", "embedded")}
    names = ["peer", "redis", "embedded"]
    for name in names:
        ask(ports[name], 16, 3, 0)
    before = {name: martlet_stages(ports[name]) for name in ("redis", "embedded")}
    seen = {(name, clients): [] for name in names for clients in (1, 16)}

    def round_():
        found = {}
        for clients in (1, 16):
            for name in names:
                found[name, clients] = ask(ports[name], clients, options.seconds, len(seen["peer", 1]) + 1)
        for key, value in found.items():
            seen[key].append(value)
            print(f"{key[0]}, {key[1]} clients: {value[0]:.0f} requests/s, p50 {value[1]:.2f} ms, p99 {value[2]:.2f} ms, "
                  f"{value[3]:.0f} failed", file=sys.stderr, flush=True)
        return found

    rounds = races.calm_rounds(
        options.rounds, round_, [pid for process in [redis, *servers.values()] for pid in tree(process.pid)])
    median = {key: [statistics.median(one[key][place] for one in rounds) for place in range(4)] for key in seen}
    memory = {name: peak(servers[name]) for name in names}
    times = {name: shares(before[name], martlet_stages(ports[name])) for name in ("redis", "embedded")}
    peer_times = shares({}, json.loads(get(ports["peer"], "/stages")))
    titles = {"peer": f"redis-py, torch, hnswlib, FastAPI ({options.workers} workers)",
              "redis": "Martlet, features in Redis", "embedded": "Martlet, users' features in RocksDB, items' in the bundle"}
    print(f"{options.users} users, {options.items} items, medians of {len(rounds)} rounds")
    print("| pipeline | clients | requests/s | ratio | p50 ms | ratio | p99 ms | ratio | failed | peak MB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for clients in (1, 16):
        theirs = median["peer", clients]
        for name in names:
            rate, middle, tail, _ = median[name, clients]
            failed = sum(one[3] for one in seen[name, clients])
            print(f"| {titles[name]} | {clients} | {rate:,.0f} | {rate / theirs[0]:.1f} | {middle:.2f} | "
                  f"{middle / theirs[1]:.3f} | {tail:.2f} | {tail / theirs[2]:.3f} | {failed:.0f} | {memory[name]:.0f} |")
    print(f"time by stage: peer: {peer_times}")
    for name in times:
        print(f"time by stage: {titles[name]}: {times[name]}")
    for name in ("redis", "embedded"):
        for clients in (1, 16):
            ours, theirs = median[name, clients], median["peer", clients]
            races.record(
                "online", f"{titles[name]}, {clients} client{'s' if clients > 1 else ''}", titles["peer"], "requests/s",
                [one["peer", clients][0] for one in rounds], [one[name, clients][0] for one in rounds],
                15 if clients == 16 else None, peer_peak=memory["peer"], peak=memory[name],
                note=f"p50, p99: {theirs[1]:.2f}, {theirs[2]:.2f} ms and {ours[1]:.2f}, {ours[2]:.2f} ms; "
                     f"{100 * equal[name]:.1f} % of the items are the same; {times[name]}")


try:
    main()
finally:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()
