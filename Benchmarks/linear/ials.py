"""iALS, `implicit` and Martlet in turn: losses are compared first, then the time of an iteration.

Both minimise the objective of Hu, Koren and Volinsky with the same weights and regularisation, by three steps of
conjugate gradient for each vector, and start from small random vectors of their own; the loss of implicit is computed
here, in double precision, from its factors after every iteration (the clock is stopped meanwhile).
"""

import argparse
import json
import os
import statistics
import sys
import tempfile

import sides
import results as races

CONFIDENCE, REGULARIZATION = 10.0, 1.0


def loss(users, items, taken):
    """Σ taken c (1 − s)² + Σ others s² + λ (‖X‖² + ‖Y‖²)."""
    import numpy as np

    users, items = users.astype("f8"), items.astype("f8")
    everywhere = np.sum((users.T @ users) * (items.T @ items))
    pairs = taken.tocoo()
    scores = np.concatenate([
        np.einsum("ij,ij->i", users[pairs.row[start : start + 50_000]], items[pairs.col[start : start + 50_000]])
        for start in range(0, pairs.nnz, 50_000)])
    observed = np.sum(CONFIDENCE * (1 - scores) ** 2 - scores**2)
    return float(everywhere + observed + REGULARIZATION * (np.sum(users**2) + np.sum(items**2)))


def work(train, dimension, steps=3):
    """Floating point operations of an iteration: a product with the Gram matrix and one with the pairs for each step and
    for the first residual, on both sides."""
    taken = sides.matrix(train)
    return (steps + 1) * (2 * dimension**2 * sum(taken.shape) + 2 * 4 * dimension * taken.nnz)


def peer(train, dimension, epochs, cholesky, measured):
    """Runs in a process of its own: prints one JSON line."""
    import time

    from implicit.cpu.als import AlternatingLeastSquares

    taken = sides.matrix(train)
    model = AlternatingLeastSquares(
        factors=dimension, iterations=epochs, regularization=REGULARIZATION, alpha=CONFIDENCE, use_cg=not cholesky,
        num_threads=int(os.environ["OMP_NUM_THREADS"]), random_state=1)
    seconds, losses = [], []

    def note(iteration, elapsed, *_):
        seconds.append(elapsed)
        if measured:
            losses.append(loss(model.user_factors, model.item_factors, taken))

    start = time.process_time()
    model.fit(taken, show_progress=False, callback=note)
    print(json.dumps({"seconds": statistics.median(seconds), "loss": losses,
                      "cpu_iteration": (time.process_time() - start) / epochs}))


def main():
    parser = argparse.ArgumentParser(description="iALS: Martlet and implicit.")
    parser.add_argument("--data", required=True)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--cholesky", action="store_true", help="exact solutions on both sides")
    parser.add_argument("--peer", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    # implicit's own threads are its loop's: BLAS is called inside.
    sides.threads(options.threads)
    if options.peer:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        return peer(options.data, int(options.peer[0]), options.epochs, options.cholesky, options.peer[1] == "loss")

    with tempfile.TemporaryDirectory() as folder:
        train = sides.unpack(options.data, folder)
        print("| dimensions | implicit s/iteration | Martlet s/iteration | ratio | loss, implicit | loss, Martlet "
              "| peak MB, implicit | Martlet |\n|---|---|---|---|---|---|---|---|", flush=True)
        for dimension in options.dimensions:
            settings = {
                "dimension": dimension, "epochs": options.epochs, "observed-weight": CONFIDENCE,
                "unobserved-weight": 1, "background": "unobserved", "regularization": REGULARIZATION,
                "regularization-exponent": 0}
            if options.cholesky:
                settings |= {"solver": "block", "block-size": dimension}
            command = [sys.executable, __file__, "--data", train, "--epochs", str(options.epochs), "--threads",
                       str(options.threads), *(["--cholesky"] if options.cholesky else []), "--peer", str(dimension)]
            curve = sides.child([*command, "loss", "-"])["loss"]

            def one():
                theirs = sides.child([*command, "time", "-"])
                ours = sides.martlet("ials", settings, train)
                ours["iteration"] = ours["interactions"] / ours["samplesPerSecond"]
                return theirs, ours

            rounds = races.calm_rounds(options.rounds, one)
            difference = abs(curve[-1] - rounds[0][1]["loss"][-1]) / curve[-1]
            if difference > 0.01:
                sys.exit(f"the losses differ by {difference:.2%}: {curve} and {rounds[0][1]['loss']}")

            def median(read):
                return statistics.median(map(read, rounds))

            print(f"| {dimension} | {median(lambda r: r[0]['seconds']):.3f} | {median(lambda r: r[1]['iteration']):.3f} "
                  f"| {median(lambda r: r[0]['seconds'] / r[1]['iteration']):.2f} | {curve[-1]:.6g} "
                  f"| {rounds[0][1]['loss'][-1]:.6g} | {median(lambda r: r[0]['peak_mb']):.0f} "
                  f"| {median(lambda r: r[1]['peak_mb']):.0f} |", flush=True)
            print("  losses, implicit: " + " ".join(f"{value:.6g}" for value in curve))
            print("  losses, Martlet:  " + " ".join(f"{value:.6g}" for value in rounds[0][1]["loss"]), flush=True)
            solver, share = "Cholesky", {}
            if not options.cholesky:
                solver = "conjugate gradient"
                ceiling = races.ceiling("float32", options.threads)
                share = {"share": work(train, dimension) / median(lambda r: r[1]["iteration"]) / ceiling / 1e9,
                         "ceiling": f"{ceiling:.0f} GFLOP/s"}
            races.record(
                "ials", f"iALS, {dimension} factors, Gowalla, {solver}", "implicit", "s an iteration",
                [theirs["seconds"] for theirs, _ in rounds], [ours["iteration"] for _, ours in rounds], 2.0, less=True,
                peer_peak=median(lambda r: r[0]["peak_mb"]), peak=median(lambda r: r[1]["peak_mb"]), **share,
                note=f"loss after {options.epochs} iterations: peer {curve[-1]:.5g}, "
                     f"Martlet {rounds[0][1]['loss'][-1]:.5g}")


main()
