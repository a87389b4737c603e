"""DLRM in Martlet and PyTorch on the same arrays, in turn: first the losses, then rows a second.

13 numbers, 26 fields with ten million rows in all (Zipf), embeddings of 64, bottom MLP 512-256-64, pairwise dots, top
MLP 512-256-1, batches of 2048, row-wise Adagrad on tables and Adagrad on layers. Both sides begin with the same weights
and see the same 24 batches over and over; labels follow the numbers and the small fields, so that there is a loss to bring
down. The peers' malloc keeps what it was given (MALLOC_…), which saves them the system's fresh pages in every step.
"""
import argparse
import os
import statistics
import subprocess
import sys
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import results as races

CARDINALITIES = [2_500_000, 2_000_000, 1_500_000, 1_200_000, 900_000, 600_000, 400_000, 300_000, 200_000, 150_000,
                 100_000, 60_000, 40_000, 20_000, 10_000, 8_000, 5_000, 3_000, 2_000, 1_000, 500, 300, 100, 50, 30, 20]
CARDINALITIES[0] += 10_000_000 - sum(CARDINALITIES)
ROWS, BATCHES, NUMBERS, WIDTH = 2048, 24, 13, 64
BOTTOM, TOP = [NUMBERS, 512, 256, WIDTH], [27 * 26 // 2 + WIDTH, 512, 256, 1]
RATE = 0.01
# Products of one row, forward and backward; dots of pairs count once, as both sides could leave the other half out.
WORK = 3 * 2 * (sum(a * b for widths in (BOTTOM, TOP) for a, b in zip(widths, widths[1:])) + 27 * 26 // 2 * WIDTH)
PEERS = {"bags": ("PyTorch EmbeddingBag", 2.2), "bags-compiled": ("PyTorch EmbeddingBag, compiled", 2.2),
         "fbgemm": ("fbgemm", 1.7), "fbgemm-compiled": ("fbgemm, compiled", 1.7),
         "fbgemm-compiled-bfloat16": ("fbgemm, compiled", 1.4)}
KEEPING = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_TOP_PAD_": "268435456"}


def make(folder):
    """Writes the arrays that both sides read."""
    os.makedirs(folder, exist_ok=True)
    random = np.random.default_rng(0)
    dense = random.standard_normal((BATCHES, ROWS, NUMBERS), np.float32)
    dense.tofile(folder + "/dense.f32")
    ids = np.empty((BATCHES, len(CARDINALITIES), ROWS), np.int32)
    for batch in range(BATCHES):
        for field, count in enumerate(CARDINALITIES):
            rank = (np.exp(random.random(ROWS) * np.log(count + 1)) - 1).astype(np.int64).clip(0, count - 1)
            ids[batch, field] = (rank * 2654435761) % count
    ids.tofile(folder + "/ids.i32")
    logits = dense @ random.standard_normal(NUMBERS).astype(np.float32) / 4
    for field in range(len(CARDINALITIES) - 8, len(CARDINALITIES)):
        logits += random.standard_normal(CARDINALITIES[field]).astype(np.float32)[ids[:, field]] / 2
    (random.random((BATCHES, ROWS)) < 1 / (1 + np.exp(-logits))).astype(np.float32).tofile(folder + "/labels.f32")
    pieces = []
    for widths in (BOTTOM, TOP):
        for before, after in zip(widths, widths[1:]):
            bound = before ** -0.5
            pieces += [random.uniform(-bound, bound, before * after), random.uniform(-bound, bound, after)]
    np.concatenate(pieces).astype(np.float32).tofile(folder + "/weights.f32")


def embedding(rows, first):
    """The first values of rows: SplitMix64 of the place in all tables."""
    index = (rows.astype(np.uint64) + np.uint64(first))[:, None] * np.uint64(WIDTH) + np.arange(WIDTH, dtype=np.uint64)
    word = (index + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word ^= word >> np.uint64(31)
    return ((word >> np.uint64(40)).astype(np.float32) * np.float32(2.0 ** -24) - np.float32(0.5)) / np.float32(10)


class Peer:
    """PyTorch's side: `bags` is nn.EmbeddingBag, `fbgemm` its table-batched embeddings."""

    def __init__(self, folder, kind, compiled, bfloat16, threads):
        import torch
        import torch.nn as nn
        import torch.nn.functional as F

        torch.set_num_threads(threads)
        torch.manual_seed(0)
        read = lambda name, shape, kind: torch.from_numpy(np.fromfile(f"{folder}/{name}", kind).reshape(shape))
        dense = read("dense.f32", (BATCHES, ROWS, NUMBERS), np.float32)
        ids = read("ids.i32", (BATCHES, len(CARDINALITIES), ROWS), np.int32).long()
        labels = read("labels.f32", (BATCHES, ROWS, 1), np.float32)
        weights = np.fromfile(folder + "/weights.f32", np.float32)
        place = 0

        def mlp(widths, last):
            nonlocal place
            layers = []
            for number, (before, after) in enumerate(zip(widths, widths[1:])):
                layer = nn.Linear(before, after)
                size = before * after
                with torch.no_grad():
                    layer.weight.copy_(torch.from_numpy(weights[place:place + size].reshape(before, after).T.copy()))
                    layer.bias.copy_(torch.from_numpy(weights[place + size:place + size + after].copy()))
                place += size + after
                layers.append(layer)
                if number < len(widths) - 2 or last:
                    layers.append(nn.ReLU())
            return nn.Sequential(*layers)

        bottom, top = mlp(BOTTOM, True), mlp(TOP, False)
        used = [np.unique(ids[:, field].numpy()) for field in range(len(CARDINALITIES))]
        if kind == "fbgemm":
            import fbgemm_gpu  # noqa: F401
            from fbgemm_gpu.split_embedding_configs import EmbOptimType
            from fbgemm_gpu.split_table_batched_embeddings_ops_common import EmbeddingLocation
            from fbgemm_gpu.split_table_batched_embeddings_ops_training import (
                ComputeDevice, SplitTableBatchedEmbeddingBagsCodegen)

            tables = SplitTableBatchedEmbeddingBagsCodegen(
                [(count, WIDTH, EmbeddingLocation.HOST, ComputeDevice.CPU) for count in CARDINALITIES],
                optimizer=EmbOptimType.EXACT_ROWWISE_ADAGRAD, learning_rate=RATE, eps=1e-8)
            values = tables.split_embedding_weights()
        else:
            tables = nn.ModuleList(
                nn.EmbeddingBag(count, WIDTH, mode="sum", sparse=True, _weight=torch.empty(count, WIDTH))
                for count in CARDINALITIES)
            values = [table.weight.data for table in tables]
        first = 0
        for value, rows, count in zip(values, used, CARDINALITIES):
            value.fill_(0)
            value[torch.from_numpy(rows)] = torch.from_numpy(embedding(rows, first))
            first += count
        states = [torch.zeros(count) for count in CARDINALITIES] if kind == "bags" else []
        lower = torch.tril_indices(27, 27, -1)
        offsets = torch.arange(ROWS)
        bags = torch.arange(ROWS * 26 + 1)
        optimizer = torch.optim.Adagrad([*bottom.parameters(), *top.parameters()], lr=RATE, eps=1e-8, foreach=True)

        def network(x, e, y):
            z = bottom(x)
            t = torch.cat([z.unsqueeze(1), e], 1)
            pairs = torch.bmm(t, t.transpose(1, 2))[:, lower[0], lower[1]]
            return F.binary_cross_entropy_with_logits(top(torch.cat([z, pairs], 1)).float(), y)

        if compiled:
            network = torch.compile(network)

        def look_up(index):
            if kind == "fbgemm":
                return tables(index.reshape(-1), bags).view(ROWS, 26, WIDTH)
            return torch.stack([table(row, offsets) for table, row in zip(tables, index)], 1)

        self.number = 0

        def step():
            batch = self.number % BATCHES
            self.number += 1
            optimizer.zero_grad()
            for table in tables if kind == "bags" else []:
                table.weight.grad = None
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
                loss = network(dense[batch], look_up(ids[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            if kind == "bags":
                with torch.no_grad():
                    for table, state in zip(tables, states):
                        gradient = table.weight.grad.coalesce()
                        rows, slope = gradient.indices()[0], gradient.values()
                        state.index_add_(0, rows, slope.pow(2).mean(1))
                        table.weight.index_add_(
                            0, rows, slope / (state[rows].sqrt() + 1e-8)[:, None], alpha=-RATE)
            return loss

        self.step = step

    def losses(self, count):
        return [self.step().item() for _ in range(count)]

    def rate(self, seconds):
        start, steps = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            self.step()
            steps += 1
        return steps * ROWS / (time.perf_counter() - start)


def serve(folder, name, threads):
    """A peer in a process of its own, told what to do line by line."""
    peer = Peer(folder, name.split("-")[0], "compiled" in name, "bfloat16" in name, threads)
    print("ready", flush=True)
    for line in sys.stdin:
        what, number = line.split()
        answer = peer.losses(int(number)) if what == "losses" else [peer.rate(float(number))]
        print(*answer, flush=True)


class Side:
    """One of the two processes, started and told what to do."""

    def __init__(self, command, extra={}):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **extra})
        while self.process.stdout.readline().strip() != "ready":
            if self.process.poll() is not None:
                sys.exit(f"{command} ended")

    def ask(self, what, number):
        self.process.stdin.write(f"{what} {number}\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def close(self):
        """Ends it; its peak memory in MB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            peak = next(int(line.split()[1]) / 1e3 * 1.024 for line in status if line.startswith("VmHWM"))
        self.process.stdin.close()
        self.process.wait()
        return peak


def race(name, options):
    title, asked = PEERS[name]
    precision = "bfloat16" if "bfloat16" in name else "float32"
    martlet = Side([options.program, options.folder, precision, str(options.threads), ",".join(map(str, CARDINALITIES))])
    peer = Side([sys.executable, __file__, "--folder", options.folder, "--threads", str(options.threads),
                 "--serve", name], KEEPING)
    ours, theirs = martlet.ask("losses", options.steps), peer.ask("losses", options.steps)
    means = [statistics.mean(losses[:BATCHES]) for losses in (theirs, ours)]
    difference = abs(means[1] - means[0]) / means[0]
    if difference > (0.03 if precision == "bfloat16" else 0.01):
        sys.exit(f"{title}: mean losses differ by {difference:.1%}: {theirs} and {ours}")
    rates = races.calm_rounds(
        options.rounds, lambda: [side.ask("rate", options.seconds)[0] for side in (peer, martlet)],
        [side.process.pid for side in (peer, martlet)])
    peak, peer_peak = martlet.close(), peer.close()
    ceiling = races.ceiling(precision, options.threads)
    shown = ["; ".join(f"{side[step]:.4f}" for step in (0, len(side) // 2, len(side) - 1)) for side in (theirs, ours)]
    races.record(
        "dlrm", f"DLRM, batch {ROWS}, {precision}", title, "rows/s", [rate for rate, _ in rates],
        [rate for _, rate in rates], asked, peer_peak=peer_peak, peak=peak,
        share=statistics.median(rate for _, rate in rates) * WORK / ceiling / 1e9, ceiling=f"{ceiling:.0f} GFLOP/s",
        note=f"losses of the first, middle and last of {len(ours)} steps: peer {shown[0]}, Martlet {shown[1]}; "
             f"means over all batches {means[0]:.4f}, {means[1]:.4f}")


def main():
    parser = argparse.ArgumentParser(description="DLRM: Martlet against PyTorch.")
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--steps", type=int, default=BATCHES, help="how many losses are compared")
    parser.add_argument("--peers", nargs="+", choices=list(PEERS),
                        default=["bags", "fbgemm", "fbgemm-compiled", "fbgemm-compiled-bfloat16"])
    parser.add_argument("--program", default=os.environ.get("MARTLET_DLRM"))
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(options.folder, options.serve, options.threads)
    if not os.path.exists(options.folder + "/weights.f32"):
        make(options.folder)
    for name in options.peers:
        race(name, options)


main()
