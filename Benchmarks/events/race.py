"""Martlet, Redis and one writer in turn, on the same disk; then what Martlet acknowledged is looked for in its log."""
import argparse
import csv
import glob
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import results as races
import servers

arguments = argparse.ArgumentParser()
arguments.add_argument("--rounds", type=int, default=3)
arguments.add_argument("--seconds", type=int, default=8)
arguments.add_argument("--connections", type=int, default=256)
arguments.add_argument("--folder")
options = arguments.parse_args()
PROJECT = """name: events
interactions: {table: interactions, user: user_id, item: item_id, time: time}
split: {validation: 2026-01-01, test: 2026-01-02}
models: {popularity: {}}
publish: {store: {kind: memory}}
serve: {events: {folder: log}}
"""


def wrk(port, script, threads, clients, seconds, argument):
    """Requests a second, p50 and p99 in ms, failed ones."""
    output = subprocess.run(
        ["wrk", "-t", str(threads), "-c", str(clients), "-d", f"{seconds}s", "-s", f"{HERE}/{script}",
         f"http://127.0.0.1:{port}", "--", str(argument)], check=True, capture_output=True, text=True).stdout
    return list(map(float, re.search(r"RESULT (.*)", output)[1].split()))


def xadd(port):
    output = subprocess.run(
        ["redis-benchmark", "-p", str(port), "-c", str(options.connections), "-n", str(options.seconds * 20_000), "-r", "100000",
         "--csv", "XADD", "events", "*", "id", "0-0-__rand_int__", "kind", "view", "user", "u__rand_int__", "item",
         "i__rand_int__", "time", "1795522530000000"], check=True, capture_output=True, text=True).stdout
    row = next(csv.reader(output.strip().splitlines()[-1:]))
    return [float(row[1]), float(row[4]), float(row[6]), 0]


def alone(path, seconds=2):
    """One writer that flushes each event to the disk before the next."""
    line = b"x" * 230 + b"\n"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        os.write(file, line)
        os.fdatasync(file)
        times.append(time.perf_counter() - start)
    os.close(file)
    times.sort()
    return [len(times) / sum(times), times[len(times) // 2] * 1e3, times[len(times) * 99 // 100] * 1e3, 0]


def serve(folder, port):
    log = f"{folder}/server.log"
    with open(log, "w") as file:
        server = servers.start([os.environ["MARTLET"], "serve", "--project", f"{folder}/shop", "--port", str(port)], stderr=file)
    servers.wait(server, lambda: servers.get(f"http://127.0.0.1:{port}/metrics"), log)
    return server


def counter(text, name):
    """The sum of a metric over its labels."""
    return sum(int(float(value)) for value in re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.MULTILINE))


def main(folder):
    servers.require("wrk", "redis-server", "redis-cli", "redis-benchmark")
    os.mkdir(f"{folder}/shop")
    with open(f"{folder}/shop/martlet.yml", "w") as file:
        file.write(PROJECT)
    port, redis_port = servers.free_port(), servers.free_port()
    server = serve(folder, port)
    redis = servers.redis_server(f"{folder}/redis", redis_port, "--appendonly", "yes", "--appendfsync", "always",
                                 "--auto-aof-rewrite-percentage", "0")
    wrk(port, "single.lua", 2, options.connections, 2, "warm")
    number = 0

    def round_():
        nonlocal number
        number += 1
        found = {"single": wrk(port, "single.lua", 2, options.connections, options.seconds, number),
                 "batch": wrk(port, "batch.lua", 1, 8, options.seconds, 1000), "xadd": xadd(redis_port),
                 "alone": alone(f"{folder}/alone")}
        found["batch"][0] *= 1000
        for name, (rate, middle, tail, failed) in found.items():
            print(f"{name}: {rate:,.0f} events/s, p50 {middle:.2f} ms, p99 {tail:.2f} ms, {failed:.0f} failed", file=sys.stderr,
                  flush=True)
        return found

    rounds = races.calm_rounds(options.rounds, round_, servers.trees([server, redis]))
    metrics = servers.get(f"http://127.0.0.1:{port}/metrics")
    accepted = counter(metrics, "martlet_events_accepted_total")
    commits = counter(metrics, "martlet_event_log_commits_total")
    memory = servers.peak(server)
    lines = size = 0
    for path in glob.glob(f"{folder}/shop/log/events-*.jsonl"):
        with open(path, "rb") as file:
            for line in file:
                lines, size = lines + 1, size + len(line)
    if accepted == 0 or lines < accepted:
        sys.exit(f"{accepted:,} events were acknowledged, {lines:,} are in the log")
    # Killed without a word, started again: everything that was acknowledged is there.
    server.send_signal(signal.SIGKILL)
    server.wait()
    serve(folder, port)
    with open(f"{folder}/server.log") as file:
        read_again = re.search(r'"the event log was read".*', file.read())
    print(f"{accepted:,} events acknowledged, {lines:,} lines of {size / lines:.0f} bytes, {commits:,} groups; after kill -9: "
          + (read_again[0] if read_again else "the log was not read again"), flush=True)
    columns = {name: list(zip(*(one[name] for one in rounds))) for name in rounds[0]}
    middle = {name: [statistics.median(column) for column in found] for name, found in columns.items()}
    failed = {name: sum(one[name][3] for one in rounds) for name in rounds[0]}

    def note(name, *more):
        _, half, tail, _ = middle[name]
        return "; ".join([f"p50, p99 of a request {half:.2f}, {tail:.1f} ms; {failed[name]:.0f} failed", *more])

    single = list(columns["single"][0])
    work = f"durable events over HTTP, one a request, {options.connections} clients"
    kept = f"{accepted:,} acknowledged in {commits:,} groups, all of them in the log"
    races.record("events", work, "one writer, a flush an event", "events/s", list(columns["alone"][0]), single, bound=20_000,
                 peak=memory, note=note("single", kept))
    races.record("events", work, "Redis XADD, appendfsync always", "events/s", list(columns["xadd"][0]), single, peak=memory,
                 note=f"p50, p99 of the peer's {middle['xadd'][1]:.2f}, {middle['xadd'][2]:.1f} ms")
    races.record("events", "durable events over HTTP, 1,000 a request, 8 clients", None, "events/s", [],
                 list(columns["batch"][0]), bound=20_000, peak=memory, note=note("batch"))


with tempfile.TemporaryDirectory(dir=options.folder) as folder:
    try:
        main(folder)
    finally:
        servers.end()
