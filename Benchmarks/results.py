"""What every race hands over: one line of JSON a comparison, from which table.py makes the tables of docs/benchmarks.md.

A race prints its line in any case. Where MARTLET_RACE_RESULTS names a file, the line is kept there in the place of an
earlier one of the same race, work and peer, so that one race can be run again alone.
"""

import datetime
import json
import os
import resource
import statistics
import sys
import time

# What a core of the machine of docs/benchmarks.md can do, measured by its own instructions: GFLOP/s; and its memory, GB/s.
CEILINGS = {"float32": 115.0, "bfloat16": 229.0}


def ceiling(precision, threads):
    """GFLOP/s of so many cores; MARTLET_CEILING_FLOAT32 and _BFLOAT16 say what a core of another machine can do."""
    return threads * float(os.environ.get(f"MARTLET_CEILING_{precision.upper()}", CEILINGS[precision]))


# Whether the last race that asked had a calm round.
was_calm = True
# A round during which other programs took more of the machine than this, in cores, does not count.
CALM = 0.2


class Others:
    """How many cores other programs kept busy while the block ran; `pids` are processes of ours that still run."""

    def __init__(self, pids=()):
        self.pids = pids

    def __enter__(self):
        self.start = self.now()
        return self

    def __exit__(self, *_):
        (first, busy, own), (last, busy_after, own_after) = self.start, self.now()
        self.cores = max(0.0, (busy_after - busy - own_after + own) / max(last - first, 1e-3))

    def now(self):
        tick = os.sysconf("SC_CLK_TCK")
        with open("/proc/stat") as file:
            ticks = [int(word) for word in file.readline().split()[1:9]]
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        own = sum(usage.ru_utime + usage.ru_stime for usage in usages)
        for pid in self.pids:
            with open(f"/proc/{pid}/stat") as file:
                own += sum(int(word) for word in file.read().rpartition(")")[2].split()[11:13]) / tick
        return time.perf_counter(), (sum(ticks) - ticks[3] - ticks[4]) / tick, own


def calm_rounds(count, race, pids=()):
    """What `race` returns in each of so many rounds, peer and Martlet in turn in each; rounds that other programs
    disturbed are run again, once each, and kept only if there is no other."""
    global was_calm
    calm, disturbed = [], []
    while len(calm) < count and len(calm) + len(disturbed) < 2 * count:
        with Others(pids) as others:
            result = race()
        (calm if others.cores < CALM else disturbed).append(result)
        if others.cores >= CALM:
            print(f"other programs took {others.cores:.2f} cores in this round", file=sys.stderr, flush=True)
    was_calm = bool(calm)
    if not calm:
        print("no round was calm: the figures say little", file=sys.stderr, flush=True)
    return calm or disturbed


def machine():
    """The processor, its cores and its widest instructions."""
    name, flags = "unknown processor", set()
    with open("/proc/cpuinfo") as file:
        for line in file:
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                name = value.strip()
            if key.strip() == "flags":
                flags = set(value.split())
    widest = [text for flag, text in [("avx512f", "AVX-512"), ("avx512_bf16", "BF16"), ("avx512_vnni", "VNNI")]
              if flag in flags] or (["AVX2"] if "avx2" in flags else [])
    return f"{name}, {os.cpu_count()} cores" + (f", {' '.join(widest)}" if widest else "")


def record(race, work, peer, unit, theirs, ours, asked=None, less=False, bound=None, **more):
    """One comparison. `theirs` and `ours` hold a value for each round, in turn; the ratio is the median of the rounds'.
    Without `theirs` it is Martlet's figure alone.

    `less`: the values are times, so that less is better; the ratio is always of rates, Martlet's over the peer's.
    `asked`: the ratio that was asked for. `bound`: the figure that was asked of Martlet itself, the most of it where less
    is better, the least otherwise.
    `more`: `peak` and `peer_peak` in MB, `share` of `ceiling` (a text), `note`, and `against`, the peer's name where
    `peer` says more than that: a later line of the same race, work and name takes this one's place.
    """
    line = {"race": race, "work": work, "peer": peer, "unit": unit, "ours": statistics.median(ours), "asked": asked,
            "calm": was_calm, **more}
    if bound is not None:
        line |= {"bound": bound, "less": less}
    if theirs:
        ratios = [(a / b if less else b / a) for a, b in zip(theirs, ours)]
        line |= {"theirs": statistics.median(theirs), "ratio": statistics.median(ratios),
                 "ratios": [round(ratio, 3) for ratio in ratios]}
        verdict = "" if asked is None else f" (asked ≥ {asked:g} ×)"
        print(f"{work}: {peer} {figure(line['theirs'])} {unit}, Martlet {figure(line['ours'])} {unit}, "
              f"ratio {line['ratio']:.2f}{verdict}", flush=True)
    keep(line)
    return line


def keep(line):
    """Prints a line of JSON, and keeps it where MARTLET_RACE_RESULTS says."""
    line = {**line, "date": datetime.date.today().isoformat(), "machine": machine()}
    text = json.dumps(line, ensure_ascii=False)
    print(text, flush=True)
    path = os.environ.get("MARTLET_RACE_RESULTS")
    if not path:
        return
    lines = read(path)
    key = identity(line)
    places = [place for place, other in enumerate(lines) if identity(other) == key]
    if places:
        lines[places[0]] = line
    else:
        lines.append(line)
    with open(path + ".new", "w") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    os.replace(path + ".new", path)


def identity(line):
    return line["race"], line["work"], line.get("against", line.get("peer"))


def read(path):
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file if line.strip()]


def figure(value):
    """A number with three digits that count, or all of its whole ones."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
