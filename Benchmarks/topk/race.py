"""Exact top-k, peers and Martlet in turn: values are compared first, then times.

Every side runs in a process of its own with the same numbers of threads, reads the same vectors from a file, and does
the same work in each round. Peers answer in batches of 4,096 users (1,024 for implicit), the sizes at which they are
fastest here, for a share of the users; Martlet makes all lists. Ratios are medians over rounds, of times by
the clock and of processor time, which other work on the machine disturbs less.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import results as races

PEERS = ["faiss", "implicit", "product"]


def peer(name, folder, shape, threads):
    """Runs in a process of its own: prints one JSON line."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(threads)
    import resource
    import time

    import numpy as np

    users, items, dimensions, k = shape
    queries = np.fromfile(f"{folder}/queries", "f4").reshape(users, dimensions)
    vectors = np.fromfile(f"{folder}/items", "f4").reshape(items, dimensions)
    share = min(users, 8192)
    lists = None
    if name == "faiss":
        import faiss

        faiss.omp_set_num_threads(threads)
        index = faiss.IndexFlatIP(dimensions)
        index.add(vectors)
        batch, work = 4096, lambda part: index.search(part, k)[1]
    elif name == "implicit":
        from implicit.cpu.topk import topk

        batch, work = 1024, lambda part: topk(vectors, part, k, num_threads=threads)[0]
    else:
        product = np.empty((1024, items), "f4")
        batch, work = 1024, lambda part: np.matmul(part, vectors.T, out=product[: len(part)])
    work(queries[:batch])
    start, cpu, found = time.perf_counter(), time.process_time(), []
    for first in range(0, share, batch):
        lists = work(queries[first : first + batch])
        if name != "product":
            found.append(lists)
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    if found:
        np.concatenate(found).astype("i4").tofile(f"{folder}/{name}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({"users_per_second": share / took, "users_per_cpu_second": share / cpu, "peak_mb": memory}))


def single(name, folder, shape, count):
    """Runs in a process of its own: one query after the other, one thread. `8-bit` is faiss's scalar quantiser, the
    fastest of the directly stored kinds, whose lists are not exact."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import time

    import faiss
    import numpy as np

    _, items, dimensions, k = shape
    faiss.omp_set_num_threads(1)
    queries = np.fromfile(f"{folder}/queries", "f4", count * dimensions).reshape(count, dimensions)
    vectors = np.fromfile(f"{folder}/items", "f4").reshape(items, dimensions)
    if name == "flat":
        index = faiss.IndexFlatIP(dimensions)
    else:
        index = faiss.IndexScalarQuantizer(
            dimensions, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT)
        scale = 127 / max(np.abs(vectors).max(), np.abs(queries).max())
        vectors, queries = (np.round(values * scale).astype("f4") for values in (vectors, queries))
        index.train(vectors)
    index.add(vectors)
    for query in queries[:20]:
        index.search(query[None], k)
    start = time.perf_counter()
    total = sum(int(index.search(query[None], k)[1].sum()) for query in queries)
    print(json.dumps({"queries_per_second": count / (time.perf_counter() - start), "item_sum": total}))


def child(command):
    """Runs a command; its JSON, with the processor time and the memory that it used."""
    import time

    before = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{shlex.join(command)} failed")
    result = json.loads(text.decode().strip().splitlines()[-1])
    result["wall"] = time.perf_counter() - before
    result["peak_mb"] = usage.ru_maxrss * 1024 / 1e6
    return result


def one_by_one(options, folder, arguments):
    """Single queries on one thread: Martlet's `ExactIndex` against faiss flat, and faiss's 8-bit scan."""
    size = [str(options.dimensions), str(options.k), str(options.single)]
    commands = {"martlet": [os.environ["MARTLET_SINGLE"], f"{folder}/queries", f"{folder}/items", *size]}
    for name in ("flat", "8-bit"):
        commands[name] = [sys.executable, __file__, *arguments, f"--single={options.single}", "--single-peer", name, folder]

    def one():
        return {name: child(command) for name, command in commands.items()}

    rounds = races.calm_rounds(options.rounds, one)
    exact = all(round["martlet"]["item_sum"] == round["flat"]["item_sum"] for round in rounds)
    rates = {name: [round[name]["queries_per_second"] for round in rounds] for name in commands}
    ceiling = races.ceiling("float32", 1)
    for name, title, asked in [("flat", "faiss flat", 4.0), ("8-bit", "faiss 8-bit, not exact", None)]:
        note = "items differ from faiss flat's (equal scores, or rounding)"
        if name == "flat" and exact:
            note = f"the same items as faiss flat, by their sum over {options.single:,} queries"
        races.record(
            "single", f"exact top-{options.k} of {options.items:,} × {options.dimensions}, one query, one thread", title,
            "queries/s", rates[name], rates["martlet"], asked, peer_peak=rounds[0][name]["peak_mb"],
            peak=rounds[0]["martlet"]["peak_mb"],
            share=statistics.median(rates["martlet"]) * 2 * options.items * options.dimensions / ceiling / 1e9,
            ceiling=f"{ceiling:.0f} GFLOP/s in float32", note=note if name == "flat" else "")


def main():
    parser = argparse.ArgumentParser(description="Exact top-k: Martlet, faiss, implicit and the bare product.")
    for name, value in {"users": 100_000, "items": 100_000, "dimensions": 64, "k": 100, "rounds": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--single", type=int, default=1000, help="how many queries to search one by one")
    parser.add_argument("--single-only", action="store_true", help="leave the lists of all users out")
    parser.add_argument("--single-peer", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    shape = [options.users, options.items, options.dimensions, options.k]
    if options.peer:
        return peer(*options.peer, shape, options.threads)
    if options.single_peer:
        return single(*options.single_peer, shape, options.single)

    import numpy as np

    arguments = [f"--{name}={getattr(options, name)}" for name in ("users", "items", "dimensions", "k", "threads")]
    with tempfile.TemporaryDirectory() as folder:
        random = np.random.default_rng(0)
        random.standard_normal((options.users, options.dimensions), "f4").tofile(f"{folder}/queries")
        random.standard_normal((options.items, options.dimensions), "f4").tofile(f"{folder}/items")
        if options.single:
            one_by_one(options, folder, arguments)
        if options.single_only:
            return
        ours = shlex.split(os.environ["MARTLET_TOPK"]) + arguments
        ours += [f"--queries={folder}/queries", f"--item-vectors={folder}/items", "--seconds=0"]
        sides = {name: [sys.executable, __file__, *arguments, "--peer", name, folder] for name in PEERS}

        def one():
            results = {name: child(command) for name, command in {"martlet": ours, **sides}.items()}
            results["martlet"]["users_per_second"] = results["martlet"]["usersPerSecond"]
            results["martlet"]["users_per_cpu_second"] = results["martlet"]["usersPerProcessorSecond"]
            print(", ".join(f"{name} {result['users_per_second']:.0f} users/s" for name, result in results.items()),
                  flush=True)
            return results

        calm = races.calm_rounds(options.rounds, one)
        rounds = {name: [results[name] for results in calm] for name in calm[0]}
        both = [np.fromfile(f"{folder}/{name}", "i4").reshape(-1, options.k) for name in ("faiss", "implicit")]
        same = np.mean([len(np.intersect1d(a, b)) / options.k for a, b in zip(*both)])
        if same < 0.9999:
            sys.exit(f"the peers' lists differ: {same:.4f} of the items are the same")
        note = f"exact; {same:.4%} of the peers' items are the same"
        if options.users == len(both[0]):
            equal = rounds["martlet"][0]["itemSum"] == int(both[0].sum(dtype="i8"))
            note = "the same items as faiss flat, by their sum" if equal else "exact; some items of equal scores differ"

    def median(name, key):
        return statistics.median(result[key] for result in rounds[name])

    print(f"\n{options.users:,} users × {options.items:,} items × {options.dimensions}, top {options.k}, "
          f"{options.threads} threads, {len(calm)} rounds, kernels: {rounds['martlet'][0]['kernels']}")
    print("| side | users/s | users/processor-s | peak MB | Martlet's rate over it | by processor time |\n"
          "|---|---|---|---|---|---|")
    for name in rounds:
        wall, processor = (
            statistics.median(a[key] / b[key] for a, b in zip(rounds["martlet"], rounds[name]))
            for key in ("users_per_second", "users_per_cpu_second"))
        print(f"| {name} | {median(name, 'users_per_second'):,.0f} | {median(name, 'users_per_cpu_second'):,.0f} "
              f"| {median(name, 'peak_mb'):,.0f} | {wall:.2f} | {processor:.2f} |")
    ceiling = races.ceiling("float32", options.threads)
    titles = {"faiss": ("faiss flat", 2.5), "implicit": ("implicit topk", 4.0),
              "product": ("numpy/OpenBLAS product without selection", None)}
    for name, (title, asked) in titles.items():
        races.record(
            "topk", f"batch top-{options.k}, {options.users:,} × {options.items:,} × {options.dimensions}", title, "users/s",
            [r["users_per_second"] for r in rounds[name]], [r["users_per_second"] for r in rounds["martlet"]], asked,
            peer_peak=median(name, "peak_mb"), peak=median("martlet", "peak_mb"),
            share=median("martlet", "users_per_second") * 2 * options.items * options.dimensions / ceiling / 1e9,
            ceiling=f"{ceiling:.0f} GFLOP/s", note=note if name == "faiss" else "")


main()
