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
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"users_per_second": share / took, "users_per_cpu_second": share / cpu, "peak_mb": memory}))


def single(folder, shape, count):
    """Runs in a process of its own: one query after the other, one thread."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import time

    import faiss
    import numpy as np

    _, items, dimensions, k = shape
    faiss.omp_set_num_threads(1)
    queries = np.fromfile(f"{folder}/queries", "f4", count * dimensions).reshape(count, dimensions)
    index = faiss.IndexFlatIP(dimensions)
    index.add(np.fromfile(f"{folder}/items", "f4").reshape(items, dimensions))
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
    result["peak_mb"] = usage.ru_maxrss // 1024
    return result


def one_by_one(options, folder, arguments):
    """Single queries on one thread: Martlet's `ExactIndex` against faiss flat."""
    size = [str(options.dimensions), str(options.k), str(options.single)]
    ours = [os.environ["MARTLET_SINGLE"], f"{folder}/queries", f"{folder}/items", *size]
    theirs = [sys.executable, __file__, *arguments, f"--single={options.single}", "--single-peer", folder]
    rates = {"martlet": [], "faiss": []}
    for _ in range(options.rounds):
        results = {"martlet": child(ours), "faiss": child(theirs)}
        if results["martlet"]["item_sum"] != results["faiss"]["item_sum"]:
            print("note: Martlet's lists and faiss's differ in some item (equal scores, or rounding)")
        for name, result in results.items():
            rates[name].append(result["queries_per_second"])
    ratio = statistics.median(a / b for a, b in zip(rates["martlet"], rates["faiss"]))
    print(f"one query at a time, top {options.k} of {options.items:,} × {options.dimensions}, one thread: "
          f"Martlet {statistics.median(rates['martlet']):,.0f}/s, faiss flat {statistics.median(rates['faiss']):,.0f}/s, "
          f"ratio {ratio:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Exact top-k: Martlet, faiss, implicit and the bare product.")
    for name, value in {"users": 100_000, "items": 100_000, "dimensions": 64, "k": 100, "rounds": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--single", type=int, default=500, help="how many queries to search one by one")
    parser.add_argument("--single-only", action="store_true", help="leave the lists of all users out")
    parser.add_argument("--single-peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    shape = [options.users, options.items, options.dimensions, options.k]
    if options.peer:
        return peer(*options.peer, shape, options.threads)
    if options.single_peer:
        return single(options.single_peer, shape, options.single)

    import numpy as np

    arguments = [f"--{name}={getattr(options, name)}" for name in ("users", "items", "dimensions", "k", "threads")]
    with tempfile.TemporaryDirectory() as folder:
        random = np.random.default_rng(0)
        random.standard_normal((options.users, options.dimensions), "f4").tofile(f"{folder}/queries")
        random.standard_normal((options.items, options.dimensions), "f4").tofile(f"{folder}/items")
        one_by_one(options, folder, arguments)
        if options.single_only:
            return
        ours = shlex.split(os.environ["MARTLET_TOPK"]) + arguments
        ours += [f"--queries={folder}/queries", f"--item-vectors={folder}/items", "--seconds=0"]
        sides = {name: [sys.executable, __file__, *arguments, "--peer", name, folder] for name in PEERS}
        rounds = {name: [] for name in ["martlet", *PEERS]}
        for number in range(options.rounds):
            for name, command in {"martlet": ours, **sides}.items():
                result = child(command)
                if name == "martlet":
                    result["users_per_second"] = result["usersPerSecond"]
                    result["users_per_cpu_second"] = result["usersPerProcessorSecond"]
                rounds[name].append(result)
                print(f"round {number + 1}: {name:9} {result['users_per_second']:9.0f} users/s", flush=True)
        both = [np.fromfile(f"{folder}/{name}", "i4").reshape(-1, options.k) for name in ("faiss", "implicit")]
        same = np.mean([len(np.intersect1d(a, b)) / options.k for a, b in zip(*both)])
        if same < 0.9999:
            sys.exit(f"the peers' lists differ: {same:.4f} of the items are the same")
        if options.users == len(both[0]) and rounds["martlet"][0]["itemSum"] != int(both[0].sum(dtype="i8")):
            print("note: Martlet's lists and faiss's differ in some item (equal scores, or rounding)")

    def median(name, key):
        return statistics.median(result[key] for result in rounds[name])

    print(f"\n{options.users:,} users × {options.items:,} items × {options.dimensions}, top {options.k}, "
          f"{options.threads} threads, {options.rounds} rounds, kernels: {rounds['martlet'][0]['kernels']}")
    print("| side | users/s | users/processor-s | peak MB | Martlet's rate over it | by processor time |\n"
          "|---|---|---|---|---|---|")
    for name in rounds:
        wall, processor = (
            statistics.median(a[key] / b[key] for a, b in zip(rounds["martlet"], rounds[name]))
            for key in ("users_per_second", "users_per_cpu_second"))
        print(f"| {name} | {median(name, 'users_per_second'):,.0f} | {median(name, 'users_per_cpu_second'):,.0f} "
              f"| {median(name, 'peak_mb'):,.0f} | {wall:.2f} | {processor:.2f} |")


main()
