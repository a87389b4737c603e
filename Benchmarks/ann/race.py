"""Approximate top-100 at equal recall, peers and Martlet in turn.

Two sets of vectors: `clusters` lie around 2,000 centres of unequal size and are normalised; `trained` are the item factors
that implicit's iALS learns of the generated shop's purchases, asked for by its user factors. Every side runs in a process of its own, reads the
same vectors from a file, builds its index with two threads and answers with one; peers are given 200 queries at once,
Martlet one after the other. Rates at a recall lie between those measured on either side of it (the logarithm of the rate
is taken as linear in the recall).
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import results as races

DIMENSIONS, K, QUERIES = 64, 100, 500


def clusters(items):
    """Vectors around centres, and queries of the same kind."""
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
    return vectors[:items], vectors[-2000:][:QUERIES], vectors[-1000:][:256]


def trained(items, folder):
    """Item factors of iALS on a generated shop with as many users as items and ten times as many purchases; the queries
    are the factors of users with at least five."""
    import numpy as np
    import scipy.sparse
    from implicit.cpu.als import AlternatingLeastSquares

    shop = f"{folder}/shop"
    subprocess.run([os.environ["MARTLET"], "generate", shop, "--users", str(items), "--items", str(items), "--transactions",
                    str(10 * items), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    users, articles, rows, columns = {}, {}, [], []
    # The whole catalogue, also what nobody bought.
    with open(f"{shop}/articles.csv") as file:
        next(file)
        for line in file:
            articles.setdefault(line.partition(",")[0].strip('"'), len(articles))
    with open(f"{shop}/transactions_train.csv") as file:
        head = [name.strip('"') for name in next(file).strip().split(",")]
        user, article = head.index("customer_id"), head.index("article_id")
        for line in file:
            words = line.split(",")
            rows.append(users.setdefault(words[user].strip('"'), len(users)))
            columns.append(articles[words[article].strip('"')])
    shutil.rmtree(shop)
    bought = scipy.sparse.csr_matrix((np.ones(len(rows), "f4"), (rows, columns)), shape=(len(users), len(articles)))
    del users, rows, columns
    model = AlternatingLeastSquares(DIMENSIONS, regularization=0.01, alpha=10, iterations=8, num_threads=2, random_state=1)
    model.fit(bought, show_progress=False)
    regulars = np.flatnonzero(np.diff(bought.indptr) >= 5)
    chosen = np.random.default_rng(1).permutation(regulars)[:QUERIES + 256]
    factors = model.user_factors[chosen]
    return model.item_factors, factors[:QUERIES], factors[QUERIES:]


def make(folder, items, kind):
    """The vectors, the queries, a filter, and the exact lists."""
    import faiss
    import numpy as np

    vectors, queries, others = clusters(items) if kind == "clusters" else trained(items, folder)
    vectors, queries, others = (np.ascontiguousarray(values, "f4") for values in (vectors, queries, others))
    allowed = np.random.default_rng(2).random(len(vectors)) < 0.01

    def truth(rows):
        index = faiss.IndexFlatIP(DIMENSIONS)
        index.add(vectors[rows])
        return rows[index.search(queries, K)[1]].astype("i4")

    truth(np.arange(len(vectors))).tofile(f"{folder}/truth")
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

    # A library's own code is no part of its index.
    if name == "faiss":
        import faiss
    elif name == "hnswlib":
        import hnswlib
    else:
        from usearch.index import Index
    before, start = resident(), time.perf_counter()
    if name == "faiss":
        faiss.omp_set_num_threads(2)
        cells = min(2048, 1 << int(math.log2(4 * math.sqrt(len(vectors)))))
        index = faiss.index_factory(DIMENSIONS, f"IVF{cells},PQ32x4fs,RFlat", faiss.METRIC_INNER_PRODUCT)
        # A tenth of a million vectors; all of fewer than 100,000.
        index.train(vectors[::max(1, len(vectors) // 100_000)])
        index.add(vectors)
        faiss.omp_set_num_threads(1)
    elif name == "hnswlib":
        index = hnswlib.Index("ip", DIMENSIONS)
        index.init_index(len(vectors), M=16, ef_construction=100)
        index.add_items(vectors, num_threads=2)
    else:
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
    if name != "hnswlib":
        return
    program = os.environ.get("HNSWLIB_FILTERED")
    if program:
        index.save_index(f"{folder}/graph")
        for effort in (100, 300, 900):
            print(subprocess.run([program, folder, str(DIMENSIONS), str(K), str(effort)], stdout=subprocess.PIPE, check=True)
                  .stdout.decode(), end="", flush=True)
        os.remove(f"{folder}/graph")
    else:
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


def race(options, kind):
    """One set of vectors, all sides."""
    items = options.trained_items or options.items if kind == "trained" else options.items
    with tempfile.TemporaryDirectory() as temporary:
        folder = f"{options.folder}/{kind}-{items}" if options.folder else temporary
        os.makedirs(folder, exist_ok=True)
        if not os.path.exists(f"{folder}/vectors"):
            subprocess.run(
                [sys.executable, "-c", f"import sys; sys.path.insert(0, {os.path.dirname(os.path.abspath(__file__))!r}); "
                 f"import race; race.make({folder!r}, {items}, {kind!r})"], check=True)
        sides = {name: [sys.executable, os.path.abspath(__file__), "--peer", name, folder] for name in options.peers.split(",")}
        ours, theirs, taken = [], {name: [] for name in sides}, []
        for number in range(options.rounds):
            with races.Others() as others:
                ours.append(child([os.environ["MARTLET_ANN"], folder, str(DIMENSIONS), str(K)]))
                print("Martlet:", *map(json.dumps, ours[-1]), sep="\n  ", flush=True)
                for name, command in sides.items():
                    # Graphs take minutes to build: once is enough.
                    if number > 0 and name != "faiss":
                        continue
                    theirs[name].append(child(command))
                    print(f"{name}:", *map(json.dumps, theirs[name][-1]), sep="\n  ", flush=True)
            taken.append(others.cores)
    races.was_calm = max(taken) < races.CALM
    compare(f"approximate top {K} of {items:,} × {DIMENSIONS}" + ("" if kind == "clusters" else " trained"), ours, theirs)


def compare(work, ours, theirs):
    """Rates at equal recall, the filter, memory, building."""
    for recall in (0.9, 0.95, 0.98):
        mine = [rate_at(lines, recall) for lines in ours]
        rates = {name: [rate_at(lines, recall) for lines in runs] for name, runs in theirs.items()}
        rates = {name: found for name, found in rates.items() if None not in found}
        if None in mine:
            mine = [0.0]
        best = max(rates, key=lambda name: statistics.median(rates[name]), default=None)
        others = ", ".join(f"{name} {races.figure(statistics.median(found))}" for name, found in rates.items() if name != best)
        missed = ", ".join(sorted(theirs.keys() - rates.keys()))
        pairs = list(zip(rates.get(best, []), mine))
        note = [others and f"best of the peers; {others}", missed and f"did not reach it: {missed}",
                mine == [0.0] and "did not reach it: Martlet"]
        # The same name whichever peer is best, so that a later line takes this one's place.
        races.record("ann", f"{work}, recall {recall}", best, "queries/s", [a for a, _ in pairs],
                     [b for _, b in pairs] or mine, 1.5, against="best", note="; ".join(filter(None, note)))
    found = next(line for line in ours[0] if line.get("name") == "filter")
    races.record("ann", f"{work}, 1 % pass the filter: recall", None, "recall", [], [found["recall"]], bound=0.99)
    if theirs.get("hnswlib"):
        # The least effort with which the peer finds what we find; its best if it never does.
        tries = sorted((line for line in theirs["hnswlib"][0] if line.get("name") == "filter"), key=lambda line: line["recall"])
        peer_line = next((line for line in tries if line["recall"] >= min(0.99, found["recall"])), tries[-1])
        note = f"recall {peer_line['recall']:.3f} · {found['recall']:.3f}"
        races.record("ann", f"{work}, 1 % pass the filter", "hnswlib", "queries/s", [peer_line["queries_per_second"]],
                     [found["queries_per_second"]], 10, note=note)
    bound = 15
    for name in ("hnswlib", "usearch", "faiss"):
        if theirs.get(name):
            races.record("ann", f"{work}: memory", name, "MB", [theirs[name][0][0]["resident_mb"]], [ours[0][0]["resident_mb"]],
                         2 if name == "hnswlib" else None, less=True)
            races.record("ann", f"{work}: building, two threads", name, "s",
                         [lines[0]["build_seconds"] for lines in theirs[name]],
                         [lines[0]["build_seconds"] for lines in ours[:len(theirs[name])]], less=True, bound=bound)
            bound = None


def main():
    parser = argparse.ArgumentParser(description="Approximate top-100 at equal recall.")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--trained-items", type=int, help="as many as --items")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder")
    parser.add_argument("--peers", default="faiss,hnswlib,usearch")
    parser.add_argument("--data", default="clusters,trained")
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer(*options.peer)
    for kind in options.data.split(","):
        race(options, kind)


if __name__ == "__main__":
    main()
