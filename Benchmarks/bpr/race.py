"""BPR on Gowalla, implicit and Martlet in turn: the same data, dimension, epochs, learning rate and regularisation.

Both sides train with plain stochastic gradient descent, item biases and one negative a pair, drawn as often as items are
taken: implicit draws the item of another pair, and passes over pairs whose negative the user has. implicit draws pairs with
replacement, and its threads write without locks; Martlet takes each pair once an epoch and repeats exactly. Recall@20 over
all items but those of the training line is printed for both before the times. `--negatives uniform` draws Martlet's
negatives evenly, which implicit cannot, and finds better lists. Every side runs in a process of its own with the same
number of threads.
"""

import argparse
import gzip
import json
import os
import shlex
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import results as races


def lines(path):
    opened = gzip.open(path + ".gz", "rt") if os.path.exists(path + ".gz") else open(path)
    with opened as file:
        return [[int(word) for word in line.split()] for line in file if line.strip()]


def peer(options):
    """Runs in a process of its own: prints one JSON line."""
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    import resource
    import time

    import numpy as np
    import scipy.sparse as sp
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    train, test = (lines(f"{options.data}/{name}.txt") for name in ("train", "test"))
    users = np.repeat([line[0] for line in train], [len(line) - 1 for line in train])
    items = np.concatenate([line[1:] for line in train])
    shape = (users.max() + 1, max(items.max(), max(max(line[1:], default=0) for line in test)) + 1)
    matrix = sp.csr_matrix((np.ones(len(users), "f4"), (users, items)), shape=shape)
    model = BayesianPersonalizedRanking(
        factors=options.dimension, learning_rate=options.learning_rate, regularization=options.l2,
        iterations=options.epochs, num_threads=options.threads, random_state=1)
    start, cpu = time.perf_counter(), time.process_time()
    model.fit(matrix, show_progress=False)
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    truth = {line[0]: set(line[1:]) for line in test if len(line) > 1}
    judged = np.array([user for user in truth if user < shape[0]])
    found, _ = model.recommend(judged, matrix[judged], N=20, filter_already_liked_items=True)
    recall = np.mean([len(truth[user] & set(list_)) / len(truth[user]) for user, list_ in zip(judged, found.tolist())])
    print(json.dumps({
        "seconds": took / options.epochs, "processor": cpu / options.epochs, "recall": recall,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}))


def martlet(options):
    settings = {
        "loss": "bpr", "optimizer": "sgd", "negatives": options.negatives, "item-bias": "true",
        "dimension": options.dimension, "learning-rate": options.learning_rate, "l2": options.l2,
        # implicit's numbers begin evenly between ± 1 / 2D.
        "initial-deviation": 12**-0.5 / options.dimension}
    if options.negatives == "popularity":
        settings["negative-exponent"] = 1
    command = shlex.split(os.environ["MARTLET_QUALITY"]) + ["--data", options.data, "--model", "mf"]
    command += ["--epochs", str(options.epochs), "--threads", str(options.threads)]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    result = json.loads(child(command))
    epoch = options.pairs / result["samplesPerSecond"]
    return {"seconds": epoch, "recall": result["recall@20"], "peak": result["peakMemoryBytes"] / 1e6}


def child(command):
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if process.returncode:
        sys.exit(f"{shlex.join(command)} failed")
    return process.stdout.strip().splitlines()[-1]


def main():
    parser = argparse.ArgumentParser(description="BPR on Gowalla: Martlet and implicit.")
    parser.add_argument("--data", default="../shared/data/gowalla")
    for name, value in {"epochs": 20, "dimension": 64, "threads": os.cpu_count(), "rounds": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--learning-rate", type=float, default=0.05)
    parser.add_argument("--l2", type=float, default=0.01)
    parser.add_argument("--negatives", choices=["popularity", "uniform"], default="popularity", help="Martlet's")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer(options)
    options.pairs = sum(len(set(line[1:])) for line in lines(f"{options.data}/train.txt"))

    def one():
        results = {
            "martlet": martlet(options),
            "implicit": json.loads(child([sys.executable, __file__, *sys.argv[1:], "--peer"]))}
        for name, result in results.items():
            print(f"{name:8} Recall@20 {result['recall']:.4f}, {result['seconds']:.3f} s an epoch", flush=True)
        return results

    calm = races.calm_rounds(options.rounds, one)
    rounds = {name: [results[name] for results in calm] for name in calm[0]}

    def median(name, key):
        return statistics.median(result[key] for result in rounds[name])

    ceiling = races.ceiling("float32", options.threads)
    races.record(
        "bpr", f"MF-BPR, {options.dimension} factors, Gowalla, {options.epochs} epochs, negatives {options.negatives}",
        "implicit", "s an epoch", [r["seconds"] for r in rounds["implicit"]], [r["seconds"] for r in rounds["martlet"]],
        2.0, less=True, peer_peak=median("implicit", "peak"), peak=median("martlet", "peak"),
        share=16 * options.dimension * options.pairs / median("martlet", "seconds") / ceiling / 1e9,
        ceiling=f"{ceiling:.0f} GFLOP/s",
        note=f"Recall@20: peer {median('implicit', 'recall'):.4f}, Martlet {median('martlet', 'recall'):.4f}")


main()
