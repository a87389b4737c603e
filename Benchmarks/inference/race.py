"""Serves a published project, lets Triton's clients compare it with REST, and perf_analyzer ask over HTTP and gRPC in turn."""
import argparse
import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))
import results as races
import servers

arguments = argparse.ArgumentParser()
arguments.add_argument("--martlet", required=True)
arguments.add_argument("--project", required=True)
arguments.add_argument("--users", required=True)
arguments.add_argument("--clients", default="1 16")
arguments.add_argument("--rounds", type=int, default=3)
arguments.add_argument("--seconds", type=int, default=5)
options = arguments.parse_args()
clients = [int(word) for word in options.clients.split()]


def analyze(folder, side, address, count):
    """Requests a second, p50 and p99 in ms."""
    path = f"{folder}/figures.csv"
    said = subprocess.run(
        [f"{ROOT}/scripts/perf-analyzer", "-m", "recommendations", "-i", side, "-u", address, "--input-data",
         f"{folder}/users.json", "--concurrency-range", str(count), "--measurement-interval", str(options.seconds * 1000),
         "--stability-percentage", "200", "--max-threads", str(count), "-f", path], capture_output=True, text=True)
    if said.returncode != 0:
        sys.exit(said.stdout[-4000:] + said.stderr[-4000:])
    with open(path) as file:
        row = next(csv.DictReader(file))
    os.remove(path)
    return float(row["Inferences/Second"]), float(row["p50 latency"]) / 1000, float(row["p99 latency"]) / 1000


def main(folder):
    log = f"{folder}/server.log"
    http, grpc = servers.free_port(), servers.free_port()
    with open(log, "w") as file:
        server = servers.start([options.martlet, "serve", "--project", options.project, "--port", str(http), "--grpc-port",
                                str(grpc)], stderr=file)
    servers.wait(server, lambda: servers.get(f"http://127.0.0.1:{http}/v2/health/ready"), log)
    address = {"http": f"127.0.0.1:{http}", "grpc": f"127.0.0.1:{grpc}"}
    with open(options.users) as file:
        users = file.read().split()
    # perf_analyzer takes an empty answer for a good one: values first.
    said = subprocess.run([f"{ROOT}/.venv/triton/bin/python", f"{ROOT}/scripts/compare-triton", address["http"], address["grpc"],
                           ",".join(users[:3])], check=True, stdout=subprocess.PIPE, text=True).stdout
    compared = json.loads(said.strip().splitlines()[-1])
    random.Random(7).shuffle(users)
    with open(f"{folder}/users.json", "w") as file:
        json.dump({"data": [{"user_id": {"content": [user], "shape": [1]}} for user in users[:10_000]]}, file)

    def round_():
        found = {}
        for count in clients:
            for side in address:
                found[side, count] = analyze(folder, side, address[side], count)
                rate, middle, tail = found[side, count]
                print(f"{side}, {count} clients: {rate:.0f} requests/s, p50 {middle:.2f} ms, p99 {tail:.2f} ms", file=sys.stderr,
                      flush=True)
        return found

    rounds = races.calm_rounds(options.rounds, round_, [server.pid])
    memory = servers.peak(server)
    for count in clients:
        for side, name in (("http", "HTTP"), ("grpc", "gRPC")):
            middle, tail = (statistics.median(one[side, count][place] for one in rounds) for place in (1, 2))
            races.record(
                "inference", f"perf_analyzer on the whole pipeline, KServe v2 over {name}, {count} "
                f"client{'s' if count > 1 else ''}", None, "requests/s", [], [one[side, count][0] for one in rounds],
                peak=memory,
                note=f"p50, p99: {middle:.2f}, {tail:.2f} ms; {compared['lists']} lists by Triton's clients are REST's")


with tempfile.TemporaryDirectory() as folder:
    try:
        main(folder)
    finally:
        servers.end()
