"""BPR on Gowalla, implicit and Martlet in turn: the same data, dimension, epochs, learning rate and regularisation.

Both sides train with plain stochastic gradient descent, one uniform negative a pair that is drawn again (or passed over,
implicit) if the user has the item, and item biases. implicit draws pairs with replacement and its threads write without
locks; Martlet takes each pair once an epoch and repeats exactly. Recall@20 over all items but those of the training line
is printed for both before the times. Every side runs in a process of its own with the same number of threads.
"""

import argparse
import gzip
import json
import os
import shlex
import statistics
import subprocess
import sys


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
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


def martlet(options):
    settings = {
        "loss": "bpr", "optimizer": "sgd", "negatives": "uniform", "item-bias": "true", "dimension": options.dimension,
        "learning-rate": options.learning_rate, "l2": options.l2}
    command = shlex.split(os.environ["MARTLET_QUALITY"]) + ["--data", options.data, "--model", "mf"]
    command += ["--epochs", str(options.epochs), "--threads", str(options.threads)]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    result = json.loads(child(command))
    epoch = options.pairs / result["samplesPerSecond"]
    return {"seconds": epoch, "recall": result["recall@20"], "peak": result["peakMemoryBytes"] >> 20}


def child(command):
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if process.returncode:
        sys.exit(f"{shlex.join(command)} failed")
    return process.stdout.strip().splitlines()[-1]


def main():
    parser = argparse.ArgumentParser(description="BPR on Gowalla: Martlet and implicit.")
    parser.add_argument("--data", default="../shared/data/gowalla")
    for name, value in {"epochs": 40, "dimension": 64, "threads": os.cpu_count(), "rounds": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--learning-rate", type=float, default=0.05)
    parser.add_argument("--l2", type=float, default=0.01)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer(options)
    options.pairs = sum(len(set(line[1:])) for line in lines(f"{options.data}/train.txt"))
    rounds = {"martlet": [], "implicit": []}
    for number in range(options.rounds):
        rounds["martlet"].append(martlet(options))
        rounds["implicit"].append(json.loads(child([sys.executable, __file__, *sys.argv[1:], "--peer"])))
        for name, results in rounds.items():
            result = results[-1]
            print(f"round {number + 1}: {name:8} Recall@20 {result['recall']:.4f}, {result['seconds']:.3f} s an epoch",
                  flush=True)

    def median(name, key):
        return statistics.median(result[key] for result in rounds[name])

    ratio = statistics.median(b["seconds"] / a["seconds"] for a, b in zip(*rounds.values()))
    print(f"\n{options.pairs:,} pairs, d {options.dimension}, {options.epochs} epochs, {options.threads} threads, "
          f"{options.rounds} rounds\n| side | Recall@20 | seconds an epoch | peak MB |\n|---|---|---|---|")
    for name in rounds:
        print(f"| {name} | {median(name, 'recall'):.4f} | {median(name, 'seconds'):.3f} | {median(name, 'peak'):,.0f} |")
    print(f"\nMartlet's rate over implicit's: {ratio:.2f}")


main()
