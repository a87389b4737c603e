"""What the races of servers share: processes and their memory, requests, wrk, and the shares of stages."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
processes = []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, **more):
    process = subprocess.Popen(command, **{"stdout": subprocess.DEVNULL, **more})
    processes.append(process)
    return process


def end(*chosen):
    """Ends these processes, or all that were started."""
    chosen = chosen or tuple(processes)
    for process in chosen:
        process.terminate()
    for process in chosen:
        process.wait()
        processes.remove(process)


def require(*programs):
    for program in programs:
        if not shutil.which(program):
            sys.exit(f"{program} is not installed")


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def wait(process, ask, log=None):
    """What `ask` returns as soon as the server answers, which may take five minutes; `log` is shown if it does not."""
    def fail(text):
        sys.exit(f"{text}: {process.args}" + (f"\n{open(log).read()[-20_000:]}" if log else ""))

    for _ in range(3000):
        if process.poll() is not None:
            fail("a server ended")
        try:
            return ask()
        except Exception as error:
            last = error
            time.sleep(0.1)
    fail(f"a server does not answer ({last})")


def redis_server(folder, port, *more):
    """A Redis that keeps nothing on the disk unless `more` says so."""
    os.makedirs(folder, exist_ok=True)
    process = start(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "",
                     *(more or ["--appendonly", "no"])])
    wait(process, lambda: subprocess.run(["redis-cli", "-p", str(port), "ping"], check=True, capture_output=True))
    return process


def tree(pid):
    """A process and those it started."""
    found = [pid]
    for parent in found:
        for task in os.listdir(f"/proc/{parent}/task"):
            with open(f"/proc/{parent}/task/{task}/children") as file:
                found += map(int, file.read().split())
    return found


def trees(processes):
    return [pid for process in processes for pid in tree(process.pid)]


def cpu(process):
    """The seconds of processor time that a server and the processes it started have taken."""
    ticks = 0
    for pid in tree(process.pid):
        with open(f"/proc/{pid}/stat") as file:
            ticks += sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def peak(process):
    """The most memory that a server and the processes it started have taken, MB."""
    total = 0
    for pid in tree(process.pid):
        with open(f"/proc/{pid}/status") as file:
            found = re.search(r"VmHWM:\s*(\d+) kB", file.read())
        total += int(found[1]) if found else 0
    return total * 1024 / 1e6


def ask(url, kind, clients, seconds, users, seed=0):
    """wrk asks for random users, in one of the ways of ask.lua: requests/s, p50 and p99 in ms, failed ones, and requests."""
    output = subprocess.run(
        ["wrk", "-t", "1", "-c", str(clients), "-d", f"{seconds}s", "-s", f"{HERE}/ask.lua", url, "--", kind, str(users),
         str(seed)], check=True, capture_output=True, text=True).stdout
    return tuple(map(float, re.search(r"RESULT (.*)", output)[1].split()))


def martlet_stages(port):
    """Seconds by stage of the pipeline since the start."""
    pattern = r'martlet_pipeline_stage_duration_seconds_sum\{stage="([^"]+)"\} (\S+)'
    return {name: float(value) for name, value in re.findall(pattern, get(f"http://127.0.0.1:{port}/metrics"))}


def shares(before, after):
    """The share of each stage in the time between two readings, the largest first."""
    spent = {name: after[name] - before.get(name, 0) for name in after}
    total = sum(spent.values()) or 1
    parts = sorted(spent.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {100 * seconds / total:.0f} %" for name, seconds in parts if seconds > 0.005 * total)
