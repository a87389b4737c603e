"""Publishing lists to Redis and redis-benchmark's SET, in turn on one server, then the same lists to RocksDB."""

import argparse
import json
import os
import re
import shlex
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import results as races


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def redis(port, *words):
    return subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True).stdout.strip()


def peer(port, options):
    """Lists a second of SET with values of a list's size, 64 commands at once."""
    size, count = str(4 + 8 * options.k), str(options.lists)
    text = subprocess.run(
        ["redis-benchmark", "-p", str(port), "-t", "set", "-P", "64", "-d", size, "-r", count, "-n", count, "-q"],
        capture_output=True, text=True, check=True).stdout
    redis(port, "flushall")
    return float(re.findall(r"SET: ([0-9.]+) requests per second", text)[-1])


def martlet(store, options):
    """What `martlet bench publish` prints, with the peak memory in MB."""
    command = [*shlex.split(os.environ["MARTLET"]), "bench", "publish", "--json", "--lists", str(options.lists), "--k",
               str(options.k), "--store", store]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{shlex.join(command)} failed")
    result = json.loads(text.decode().strip().splitlines()[-1])
    return result | {"rate": result["lists"] / result["writeSeconds"], "peak": usage.ru_maxrss * 1024 / 1e6}


def main():
    parser = argparse.ArgumentParser(description="Publishing lists.")
    for name, value in {"lists": 1_000_000, "k": 12, "rounds": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        server = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly",
             "no"], stdout=subprocess.DEVNULL)
        try:
            while redis(port, "ping") != "PONG":
                time.sleep(0.1)

            def one():
                rates = peer(port, options), martlet(f"redis://127.0.0.1:{port}", options)
                redis(port, "flushall")
                return rates

            rounds = races.calm_rounds(options.rounds, one, [server.pid])
        finally:
            server.terminate()
            server.wait()
        races.record(
            "publish", f"publishing {options.lists:,} lists of {options.k} to Redis", "redis-benchmark SET, pipeline of 64",
            "lists/s", [theirs for theirs, _ in rounds], [ours["rate"] for _, ours in rounds], 0.5,
            peak=statistics.median(ours["peak"] for _, ours in rounds))
        disk = [martlet(f"{folder}/published-{number}", options) for number in range(options.rounds)]
        races.record(
            "publish", f"publishing {options.lists:,} lists of {options.k} to RocksDB", "–", "lists/s", [],
            [run["rate"] for run in disk], peak=statistics.median(run["peak"] for run in disk))


main()
