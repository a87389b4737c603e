"""Approximate top-100 at equal recall, peers and Martlet in turn.

Vectors lie around 2,000 centres of unequal size and are normalised. Every side runs in a process of its own, reads the
same vectors from a file, builds its index with two threads and answers with one; peers are given 200 queries at once,
Martlet one after the other. Rates at a recall lie between those measured on either side of it (the logarithm of the rate
is taken as linear in the recall).
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import results as races

DIMENSIONS, K, QUERIES = 64, 100, 500


def make(folder, items):
    """The vectors, the queries, a filter, and the exact lists."""
    import faiss
    import numpy as np

    random = np.random.default_rng(1)
    count = items + 2000
    centres = random.standard_normal((2000, DIMENSIONS))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    weights = 1 / np.arange(1, 2001) ** 0.5
    chosen = random.choice(2000, count, p=weights / weights.sum())
    spectrum = 1 / np.arange(1, DIMENSIONS + 1) ** 0.1
    spectrum /= np.sqrt((spectrum**2).mean())
    rotation = np.linalg.qr(random.standard_normal((DIMENSIONS, DIMENSIONS)))[0]
    noise = (random.standard_normal((count, DIMENSIONS)) * spectrum * 0.15) @ rotation
    vectors = (centres[chosen] + noise).astype("f4")
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors, queries, others = vectors[:items], vectors[-2000:][:QUERIES], vectors[-1000:][:256]
    allowed = random.random(items) < 0.01

    def truth(rows):
        index = faiss.IndexFlatIP(DIMENSIONS)
        index.add(vectors[rows])
        return rows[index.search(queries, K)[1]].astype("i4")

    truth(np.arange(items)).tofile(f"{folder}/truth")
    truth(np.flatnonzero(allowed)).tofile(f"{folder}/allowed_truth")
    for name, values in {"queries": queries, "others": others, "allowed": allowed.astype("u1"), "vectors": vectors}.items():
        np.ascontiguousarray(values).tofile(f"{folder}/{name}")


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def peer(name, folder):
    """Runs in a process of its own: prints JSON lines."""
    import numpy as np

    vectors = np.fromfile(f"{folder}/vectors", "f4").reshape(-1, DIMENSIONS)
    queries = np.fromfile(f"{folder}/queries", "f4").reshape(-1, DIMENSIONS)
    truths = {kind: np.fromfile(f"{folder}/{kind}", "i4").reshape(-1, K) for kind in ("truth", "allowed_truth")}

    def report(label, search, kind="truth", share=200):
        lists = np.asarray(search(queries if share == 200 else queries[:share]))
        recall = np.mean([len(np.intersect1d(a, b)) / K for a, b in zip(lists, truths[kind])])
        rates = []
        for _ in range(5 if share == 200 else 1):
            start = time.perf_counter()
            search(queries[:share])
            rates.append(share / (time.perf_counter() - start))
        print(json.dumps({"name": label, "recall": float(recall), "queries_per_second": statistics.median(rates)}), flush=True)

    before, start = resident(), time.perf_counter()
    if name == "faiss":
        import faiss

        faiss.omp_set_num_threads(2)
        index = faiss.index_factory(DIMENSIONS, "IVF2048,PQ32x4fs,RFlat", faiss.METRIC_INNER_PRODUCT)
        index.train(vectors[::10])
        index.add(vectors)
        faiss.omp_set_num_threads(1)
    elif name == "hnswlib":
        import hnswlib

        index = hnswlib.Index("ip", DIMENSIONS)
        index.init_index(len(vectors), M=16, ef_construction=100)
        index.add_items(vectors, num_threads=2)
    else:
        from usearch.index import Index

        index = Index(ndim=DIMENSIONS, metric="ip", dtype="i8", connectivity=16, expansion_add=100, expansion_search=100)
        index.add(np.arange(len(vectors)), vectors, threads=2)
    print(json.dumps({"build_seconds": time.perf_counter() - start, "resident_mb": resident() - before}), flush=True)
    if name == "faiss":
        for factor in (3, 4, 6, 10):
            for probes in (16, 32, 48, 64, 96, 128, 192, 256):
                index.k_factor = factor
                faiss.extract_index_ivf(index.base_index).nprobe = probes
                report(f"nprobe {probes}, k_factor {factor}", lambda part: index.search(part, K)[1])
        return
    for effort in (100, 140, 200, 300, 500, 900):
        if name == "hnswlib":
            index.set_ef(effort)
            report(f"ef {effort}", lambda part: index.knn_query(part, K, num_threads=1)[0])
        else:
            index.expansion_search = effort
            report(f"ef {effort}", lambda part: index.search(part, K, threads=1).keys)
    if name == "hnswlib":
        allowed = np.fromfile(f"{folder}/allowed", "u1")
        index.set_ef(300)
        report("filter", lambda part: index.knn_query(part, K, num_threads=1, filter=lambda key: bool(allowed[key]))[0],
               "allowed_truth", share=20)


def child(command):
    """Runs a command; its lines of JSON."""
    text = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def rate_at(lines, recall):
    """Queries a second at a recall, between the best measured on either side of it; None if it was not reached."""
    points = [(line["recall"], line["queries_per_second"]) for line in lines if line.get("name", "filter") != "filter"]
    best = sorted(a for a in points if not any(b[0] >= a[0] and b[1] > a[1] for b in points))
    above = [point for point in best if point[0] >= recall]
    below = [point for point in best if point[0] < recall]
    if not above:
        return None
    if not below:
        return above[0][1]
    (low, fast), (high, slow) = below[-1], above[0]
    return math.exp(math.log(fast) + (recall - low) / (high - low) * (math.log(slow) - math.log(fast)))


def main():
    parser = argparse.ArgumentParser(description="Approximate top-100 at equal recall.")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder")
    parser.add_argument("--peers", default="faiss,hnswlib,usearch")
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer(*options.peer)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or temporary
        os.makedirs(folder, exist_ok=True)
        if not os.path.exists(f"{folder}/vectors"):
            subprocess.run(
                [sys.executable, "-c", f"import sys; sys.path.insert(0, {os.path.dirname(os.path.abspath(__file__))!r}); "
                 f"import race; race.make({folder!r}, {options.items})"], check=True)
        sides = {name: [sys.executable, os.path.abspath(__file__), "--peer", name, folder] for name in options.peers.split(",")}
        ours, theirs = [], {name: [] for name in sides}
        for number in range(options.rounds):
            ours.append(child([os.environ["MARTLET_ANN"], folder, str(DIMENSIONS), str(K)]))
            print("Martlet:", *map(json.dumps, ours[-1]), sep="\n  ", flush=True)
            for name, command in sides.items():
                # Graphs take minutes to build: once is enough.
                if number > 0 and name != "faiss":
                    continue
                theirs[name].append(child(command))
                print(f"{name}:", *map(json.dumps, theirs[name][-1]), sep="\n  ", flush=True)
    work = f"approximate top {K} of {options.items:,} × {DIMENSIONS}"
    for recall in (0.9, 0.95, 0.98):
        mine = [rate_at(lines, recall) for lines in ours]
        rates = {name: [rate_at(lines, recall) for lines in runs] for name, runs in theirs.items()}
        rates = {name: [rate for rate in found if rate] for name, found in rates.items()}
        rates = {name: found for name, found in rates.items() if found}
        if not rates or None in mine:
            print(f"recall {recall}: not reached", flush=True)
            continue
        best = max(rates, key=lambda name: statistics.median(rates[name]))
        pairs = list(zip(rates[best], mine))
        races.record("ann", f"{work}, recall {recall}", best, "queries/s", [a for a, _ in pairs], [b for _, b in pairs], 1.5)
    if theirs.get("hnswlib"):
        graph, mine = theirs["hnswlib"][0], ours[0]
        filtered = [next(line for line in lines if line.get("name") == "filter") for lines in (graph, mine)]
        note = f"recall {filtered[0]['recall']:.3f} · {filtered[1]['recall']:.3f}"
        races.record("ann", f"{work}, 1 % pass the filter", "hnswlib", "queries/s", [filtered[0]["queries_per_second"]],
                     [filtered[1]["queries_per_second"]], 10, note=note)
        races.record("ann", f"{work}: memory", "hnswlib", "MB", [graph[0]["resident_mb"]], [mine[0]["resident_mb"]], 2, less=True)
    if theirs.get("faiss"):
        races.record("ann", f"{work}: building, two threads", "faiss", "s", [lines[0]["build_seconds"] for lines in theirs["faiss"]],
                     [lines[0]["build_seconds"] for lines in ours], less=True)


if __name__ == "__main__":
    main()
