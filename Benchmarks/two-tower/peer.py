"""The peer's side of the two-tower race: PyTorch, eager or compiled, float32 or bfloat16 (autocast).

The model, the loss and the rules of the steps are Martlet's: embeddings of an id (64) and five features (16 each), an MLP
144-128-64, outputs of length 1, temperature 0.05, softmax over the batch; row-wise Adagrad on tables, Adagrad on the rest.
All batches are put together before the clock starts; Martlet's clock includes that.
"""

import json
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as functional
from torch import nn

FEATURES, VALUES, ENTITIES = 5, 1_000, 100_000


class Tower(nn.Module):
    def __init__(self):
        super().__init__()
        self.id = nn.Embedding(ENTITIES + 1, 64, sparse=True)
        self.features = nn.Embedding(FEATURES * VALUES, 16, sparse=True)  # five tables in one
        for table in (self.id, self.features):
            nn.init.normal_(table.weight, std=0.05)
        self.mlp = nn.Sequential(nn.Linear(64 + FEATURES * 16, 128), nn.ReLU(), nn.Linear(128, 64))
        for layer in (self.mlp[0], self.mlp[2]):
            nn.init.uniform_(layer.weight, -((6 / layer.in_features) ** 0.5), (6 / layer.in_features) ** 0.5)
            nn.init.zeros_(layer.bias)

    def embed(self, ids, values):
        return torch.cat([self.id(ids), self.features(values).flatten(1)], 1)


class RowwiseAdagrad:
    def __init__(self, tables, rate):
        self.tables, self.rate = tables, rate
        self.state = [torch.zeros(table.shape[0]) for table in tables]

    @torch.no_grad()
    def step(self):
        for table, state in zip(self.tables, self.state):
            gradient = table.grad.coalesce()
            rows, values = gradient.indices()[0], gradient.values()
            state.index_add_(0, rows, values.pow(2).mean(1))
            table.index_add_(0, rows, values / (state[rows].sqrt() + 1e-8)[:, None], alpha=-self.rate)


def main():
    folder, batch, precision, mode, epochs, threads = sys.argv[1:7]
    batch, epochs = int(batch), int(epochs)
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    read = lambda name: torch.from_numpy(np.fromfile(f"{folder}/{name}", "i4").astype("i8"))
    users, items = read("users"), read("items")
    shift = torch.arange(FEATURES) * VALUES
    user_values = read("user-values").view(ENTITIES, FEATURES) + shift
    item_values = read("item-values").view(ENTITIES, FEATURES) + shift
    user, item = Tower(), Tower()
    towers = [user, item]
    tables = [table.weight for tower in towers for table in (tower.id, tower.features)]
    dense = [parameter for tower in towers for parameter in tower.mlp.parameters()]
    optimizers = [RowwiseAdagrad(tables, 0.05), torch.optim.Adagrad(dense, lr=0.05, eps=1e-8, foreach=True)]
    labels = torch.arange(batch)

    def head(left, right):
        u, v = functional.normalize(user.mlp(left), dim=1), functional.normalize(item.mlp(right), dim=1)
        return functional.cross_entropy(u @ v.T * 20.0, labels[: len(u)])

    if mode == "compiled":
        head = torch.compile(head)
    autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16")
    curve, clock, counted, steps = [], 0.0, 0, 0
    for _ in range(epochs):
        order = torch.randperm(len(users))
        parts = [order[first : first + batch] for first in range(0, len(order), batch)]
        parts = [part for part in parts if len(part) == batch]  # compiled code is made for one size
        made = [(users[p], user_values[users[p]], items[p], item_values[items[p]]) for p in parts]
        total = 0.0
        for ids, values, item_ids, item_part in made:
            start = time.perf_counter()
            for parameter in tables + dense:
                parameter.grad = None
            with autocast:
                loss = head(user.embed(ids, values), item.embed(item_ids, item_part))
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            total += loss.item()
            steps += 1
            if steps > 8:  # compilation and the first touch of memory do not count
                clock += time.perf_counter() - start
                counted += batch
        curve.append(total / len(made))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"samplesPerSecond": counted / clock, "loss": curve, "peakMemoryBytes": memory}))


main()
