"""EASE, numpy and Martlet in turn on the most frequent items: weights are compared first, then time and memory.

numpy does what the paper's code does, in float32: the Gram matrix of the sparse matrix, `np.linalg.inv`, and the
division by the diagonal. Martlet does the same on half of the matrix in place and keeps each row's largest weights.
Times are those of the model, reading left out; memory is the whole process's.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile

import sides
import results as races

REGULARIZATION = 200.0


def peer(train, items, folder):
    """Runs in a process of its own: prints one JSON line."""
    import resource
    import time

    import numpy as np

    taken = sides.matrix(train)
    chosen = np.argsort(-np.asarray(taken.sum(0)).ravel(), kind="stable")[:items]
    if folder != "-":
        # The very items that Martlet took, in its order: equal frequencies are ordered otherwise there.
        chosen = np.array([int(line) for line in open(f"{folder}/items.txt")][:items])
    x = taken[:, chosen].tocsc()
    start, cpu = time.perf_counter(), time.process_time()
    gram = (x.T @ x).toarray()
    gram[np.diag_indices(items)] += REGULARIZATION
    weights = np.linalg.inv(gram)
    del gram
    weights /= -np.diag(weights)
    np.fill_diagonal(weights, 0)
    result = {"seconds": time.perf_counter() - start, "cpu_model": time.process_time() - cpu,
              "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}
    if folder != "-":
        from safetensors.numpy import load_file

        ours = load_file(f"{folder}/weights.safetensors")
        offsets = ours["weights.offsets"][: items + 1]
        rows = np.repeat(np.arange(items), np.diff(offsets))
        stored = ours["weights.values"][: offsets[-1]]
        result["largest"] = float(np.abs(stored).max())
        result["difference"] = float(np.abs(weights[rows, ours["weights.items"][: offsets[-1]]] - stored).max())
    print(json.dumps(result))


def main():
    parser = argparse.ArgumentParser(description="EASE: Martlet and numpy.")
    parser.add_argument("--data", required=True)
    parser.add_argument("--items", type=int, default=16_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--alone", action="store_true", help="Martlet alone, once: on all items where numpy has no room")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sides.threads(options.threads)
    if options.peer:
        return peer(options.data, options.items, options.peer)

    with tempfile.TemporaryDirectory() as folder:
        train = sides.unpack(options.data, folder)
        settings = {"regularization": REGULARIZATION, "neighbors": 200, "maximum-items": options.items}
        if options.alone:
            return alone(options, sides.martlet("ease", settings, train))
        command = [sys.executable, __file__, "--data", train, "--items", str(options.items), "--threads",
                   str(options.threads), "--peer"]

        def one():
            # The first round compares weights as well, after its clocks have stopped.
            model = "-" if os.path.exists(f"{folder}/model") else f"{folder}/model"
            ours = sides.martlet("ease", settings, train, model)
            theirs = sides.child([*command, model])
            print(f"numpy {theirs['seconds']:.2f} s, Martlet {ours['seconds']:.2f} s", flush=True)
            if "difference" in theirs:
                same.update(theirs)
                if same["difference"] > 1e-4:
                    sys.exit(f"weights differ by {same['difference']:.2g} (the largest is {same['largest']:.2g})")
            return {**theirs, "peak_mb": theirs["peak"]}, ours

        same = {}
        rounds = races.calm_rounds(options.rounds, one)

    def median(read):
        return statistics.median(map(read, rounds))

    print(f"\n{options.items:,} items, {options.threads} threads, {options.rounds} rounds; weights differ by at most "
          f"{same['difference']:.2g} (the largest is {same['largest']:.2g})\n"
          "| side | seconds | GFLOP/s of n³ · 2 | peak MB |\n|---|---|---|---|")
    for place, name in enumerate(["numpy", "Martlet"]):
        seconds = median(lambda r: r[place]["seconds"])
        print(f"| {name} | {seconds:.2f} | {2 * options.items**3 / seconds / 1e9:.0f} "
              f"| {median(lambda r: r[place]['peak_mb']):,.0f} |")
    memory = median(lambda r: r[1]["peak_mb"] / r[0]["peak_mb"])
    races.record(
        "ease", f"EASE, {options.items:,} items of Gowalla", "numpy inverse", "s",
        [theirs["seconds"] for theirs, _ in rounds], [ours["seconds"] for _, ours in rounds], 1.0, less=True,
        peer_peak=median(lambda r: r[0]["peak_mb"]), peak=median(lambda r: r[1]["peak_mb"]),
        **share(options, median(lambda r: r[1]["seconds"])),
        note=f"{memory:.2f} of its memory (asked ≤ 0.5); weights differ by at most {same['difference']:.1g}, "
             f"the largest is {same['largest']:.2g}")


def share(options, seconds):
    """The inverse of a symmetric matrix takes n³ operations."""
    ceiling = races.ceiling("float32", options.threads)
    return {"share": options.items**3 / seconds / ceiling / 1e9, "ceiling": f"{ceiling:.0f} GFLOP/s"}


def alone(options, ours):
    print(f"{options.items:,} items: Martlet {ours['seconds']:.1f} s, {ours['cpu']:.0f} s of processor time", flush=True)
    races.record(
        "ease", f"EASE, {options.items:,} items of Gowalla", "–", "s", [], [ours["seconds"]], peak=ours["peak_mb"],
        **share(options, ours["seconds"]), note=f"{ours['cpu']:.0f} s of processor time")


main()
