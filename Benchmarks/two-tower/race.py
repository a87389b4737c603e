"""Martlet and PyTorch in turn, each in a process of its own, on the same purchases: rates, loss curves, memory.

The peer is the better of eager and compiled. Its malloc keeps what it was given (MALLOC_…): with glibc's defaults every
step would get its logits as fresh pages from the system, which costs PyTorch a seventh of its rate at batch 4096.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import results as races

# Multiplications and additions of one row, both towers: three products of each layer, and three of the logits.
TOWERS = 2 * 3 * 2 * (144 * 128 + 128 * 64)
ASKED = {"float32": 2.0, "bfloat16": 1.5}
KEEPING = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_TOP_PAD_": "268435456"}


def main():
    parser = argparse.ArgumentParser(description="Two towers: Martlet against PyTorch.")
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, nargs="+", default=[1024, 4096])
    parser.add_argument("--precision", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--modes", nargs="*", default=["eager", "compiled"])
    parser.add_argument("--scaling", action="store_true", help="Martlet alone, on one thread and on all in turn")
    options = parser.parse_args()
    race = scaling if options.scaling else against_peers
    for batch in options.batch:
        for precision in options.precision:
            race(options, batch, precision)


def run(name, command, extra={}):
    text = subprocess.run(command, stdout=subprocess.PIPE, check=True, env={**os.environ, **extra}).stdout.decode()
    result = json.loads(text.strip().splitlines()[-1])
    print(f"{name}: {result['samplesPerSecond']:,.0f} samples/s", file=sys.stderr, flush=True)
    return result


def martlet(options, batch, precision, threads):
    command = [os.environ["MARTLET_TWO_TOWER"], "train", options.folder, str(batch), precision, str(options.epochs)]
    return run(f"batch {batch}, {precision}, Martlet, {threads} threads", [*command, str(threads)])


def against_peers(options, batch, precision):

    def peer(mode):
        command = [sys.executable, os.path.join(HERE, "peer.py"), options.folder, str(batch), precision, mode,
                   str(options.epochs), str(options.threads)]
        return run(f"batch {batch}, {precision}, PyTorch {mode}", command, KEEPING)

    def one():
        return {"Martlet": martlet(options, batch, precision, options.threads), **{m: peer(m) for m in options.modes}}

    rounds = races.calm_rounds(options.rounds, one)
    sides = {name: [one[name] for one in rounds] for name in rounds[0]}
    rate = {name: statistics.median(r["samplesPerSecond"] for r in rounds) for name, rounds in sides.items()}
    work, ceiling = work_of(batch), races.ceiling(precision, options.threads)
    print(f"\nbatch {batch}, {precision}, {options.threads} threads: {work / 1e6:.2f} MFLOP a sample\n"
          "| side | samples/s | share of the ceiling | peak MB | mean loss of each epoch |\n|---|---|---|---|---|")
    for name, rounds in sides.items():
        print(f"| {name} | {rate[name]:,.0f} | {rate[name] * work / ceiling / 1e9:.0%} | {peak(rounds):,.0f} "
              f"| {curve(rounds)} |")
    if not options.modes:
        return
    best = max(options.modes, key=lambda mode: rate[mode])
    others = "".join(f"PyTorch {mode}: {rate[mode]:,.0f} samples/s; " for mode in options.modes if mode != best)
    races.record(
        "two-tower", f"two towers, batch {batch}, {precision}", f"PyTorch {best}", "samples/s",
        [r["samplesPerSecond"] for r in sides[best]], [r["samplesPerSecond"] for r in sides["Martlet"]], ASKED[precision],
        peer_peak=peak(sides[best]), peak=peak(sides["Martlet"]), against="PyTorch",
        share=rate["Martlet"] * work / ceiling / 1e9, ceiling=f"{ceiling:.0f} GFLOP/s",
        note=f"{others}mean loss of each epoch: peer {curve(sides[best])}, Martlet {curve(sides['Martlet'])}")


def scaling(options, batch, precision):
    def one():
        return [martlet(options, batch, precision, threads)["samplesPerSecond"] for threads in (1, options.threads)]

    rates = races.calm_rounds(options.rounds, one)
    ceiling = races.ceiling(precision, options.threads)
    races.record(
        "two-tower", f"two towers, batch {batch}, {precision}, one thread to {options.threads}", "Martlet on one thread",
        "samples/s", [one for one, _ in rates], [all for _, all in rates], 1.8,
        share=statistics.median(all for _, all in rates) * work_of(batch) / ceiling / 1e9,
        ceiling=f"{ceiling:.0f} GFLOP/s")


def work_of(batch):
    """Floating point operations of a sample."""
    return TOWERS + 3 * 2 * 64 * batch


def peak(rounds):
    return max(r["peakMemoryBytes"] for r in rounds) / 1e6


def curve(rounds):
    return " ".join(f"{loss:.4f}" for loss in rounds[0]["loss"])


main()
