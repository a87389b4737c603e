"""Martlet and PyTorch in turn, each in a process of its own, on the same purchases: rates, loss curves, memory."""

import argparse
import json
import os
import statistics
import subprocess
import sys

# Multiplications and additions of one row, both towers: three products of each layer, and three of the logits.
TOWERS = 2 * 3 * 2 * (144 * 128 + 128 * 64)
CEILING = {"float32": 115e9, "bfloat16": 229e9}  # of one core, measured by the machine's own instructions


def main():
    parser = argparse.ArgumentParser(description="Two towers: Martlet against PyTorch.")
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, nargs="+", default=[1024, 4096])
    parser.add_argument("--precision", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--modes", nargs="*", default=["eager", "compiled"])
    options = parser.parse_args()
    ours = os.environ["MARTLET_TWO_TOWER"]
    peer = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer.py")]
    tail = [str(options.epochs), str(options.threads)]
    for batch in options.batch:
        for precision in options.precision:
            sides = {"Martlet": [ours, "train", options.folder, str(batch), precision, *tail]}
            for mode in options.modes:
                sides[f"PyTorch {mode}"] = [*peer, options.folder, str(batch), precision, mode, *tail]
            results = {name: [] for name in sides}
            for _ in range(options.rounds):
                for name, command in sides.items():
                    text = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()
                    results[name].append(json.loads(text.strip().splitlines()[-1]))
                    rate = results[name][-1]["samplesPerSecond"]
                    print(f"batch {batch}, {precision}, {name}: {rate:,.0f} samples/s", file=sys.stderr, flush=True)
            report(results, batch, precision, options.threads)


def report(results, batch, precision, threads):
    rate = {name: statistics.median(r["samplesPerSecond"] for r in rounds) for name, rounds in results.items()}
    work = TOWERS + 3 * 2 * 64 * batch
    print(f"\nbatch {batch}, {precision}, {threads} threads: {work / 1e6:.2f} MFLOP a sample\n"
          "| side | samples/s | share of the ceiling | peak MB | mean loss of each epoch |\n|---|---|---|---|---|")
    for name, rounds in results.items():
        share = rate[name] * work / (threads * CEILING[precision])
        memory = max(r["peakMemoryBytes"] for r in rounds) / 1e6
        curve = " ".join(f"{loss:.4f}" for loss in rounds[0]["loss"])
        print(f"| {name} | {rate[name]:,.0f} | {share:.0%} | {memory:,.0f} | {curve} |")
    peers = [value for name, value in rate.items() if name != "Martlet"]
    if peers:
        print(f"Martlet's rate is {rate['Martlet'] / max(peers):.2f} × the best peer's", flush=True)


main()
