"""The pipeline as Python users build it: redis-py for features, torch for the query tower and the DLRM, hnswlib for the
candidates, FastAPI in front. It computes what Martlet's bundle does, from the same weights.

Served by uvicorn as `peer:app`; the environment names the shop's folder (ONLINE_SHOP) and the Redis port (ONLINE_REDIS).
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import time

import hnswlib
import numpy as np
import redis
import torch
from fastapi import FastAPI
from pydantic import BaseModel
from safetensors.numpy import load_file
from torch.nn.functional import linear, normalize

torch.set_num_threads(1)
SHOP, PORT = os.environ["ONLINE_SHOP"], int(os.environ["ONLINE_REDIS"])
USERS = [f"user{i}" for i in range(12)]
ITEMS = [f"item{i}" for i in range(8)]
USER_CODES, ITEM_CODES, CANDIDATES, ANSWER = 10, 6, 100, 16


def side(name, codes, numbers):
    ids = open(f"{SHOP}/peer/{name}s.txt").read().split()
    return (ids, np.fromfile(f"{SHOP}/peer/{name}-codes.i32", "i4").reshape(-1, codes),
            np.fromfile(f"{SHOP}/peer/{name}-numbers.f32", "f4").reshape(-1, numbers))


def load(port=PORT):
    """Features as hashes of codes and numbers, one a user and one an item: no vocabulary is looked up at request time."""
    client = redis.Redis(port=port)
    for name, fields, codes, numbers in (("user", USERS, USER_CODES, 2), ("item", ITEMS, ITEM_CODES, 2)):
        _, coded, numbered = side(name, codes, numbers)
        pipeline = client.pipeline(transaction=False)
        for row in range(len(coded)):
            values = [str(code) for code in coded[row].tolist()] + [repr(float(x)) for x in numbered[row]]
            pipeline.hset(f"peer:{name}:{row}", mapping=dict(zip(fields, values)))
            if row % 2000 == 1999:
                pipeline.execute()
        pipeline.execute()


class Layers:
    def __init__(self, weights, name, last_rectified=False):
        self.layers, number = [], 1
        while f"{name}.layer{number}.weight" in weights:
            weight = torch.from_numpy(weights[f"{name}.layer{number}.weight"].T.copy())
            bias = torch.from_numpy(weights[f"{name}.layer{number}.bias"].reshape(-1))
            self.layers.append((weight, bias))
            number += 1
        self.last_rectified = last_rectified

    def __call__(self, x):
        for place, (weight, bias) in enumerate(self.layers):
            x = linear(x, weight, bias)
            if place + 1 < len(self.layers) or self.last_rectified:
                x = torch.relu_(x)
        return x


class Tables:
    """Tables of equal width as one, so that a row's lookups are one gather."""

    def __init__(self, weights, names):
        tables = [weights[name] for name in names]
        self.offsets = torch.tensor([0] + list(np.cumsum([len(table) for table in tables[:-1]])))
        self.table = torch.from_numpy(np.concatenate(tables))

    def __call__(self, codes):
        return self.table[codes + self.offsets]


tower = load_file(f"{SHOP}/work/retrieval/weights.safetensors")
user_table = torch.from_numpy(tower["user.id"])
user_tables = Tables(tower, [f"user.{name}" for name in USERS[:USER_CODES]])
user_layers = Layers(tower, "user")
ranker = load_file(f"{SHOP}/work/ranking/weights.safetensors")
rank_users = Tables(ranker, ["user.id"] + [f"user.{name}" for name in USERS[:USER_CODES]])
rank_items = Tables(ranker, ["item.id"] + [f"item.{name}" for name in ITEMS[:ITEM_CODES]])
bottom, top = Layers(ranker, "bottom", last_rectified=True), Layers(ranker, "top")
correction = torch.from_numpy(ranker["correction"].reshape(-1))
vectors = 1 + 1 + USER_CODES + 1 + ITEM_CODES
rows, columns = torch.tril_indices(vectors, vectors, -1)
user_ids, item_ids = side("user", USER_CODES, 2)[0], side("item", ITEM_CODES, 2)[0]
user_rows = {name: row for row, name in enumerate(user_ids)}
del tower


def graph():
    index = hnswlib.Index("ip", 65)
    path = f"{SHOP}/peer/graph.bin"
    index.load_index(path)
    index.set_ef(200)
    index.set_num_threads(1)
    return index


def build():
    """The graph over the same vectors as Martlet's index."""
    made = np.fromfile(f"{SHOP}/peer/item-vectors.f32", "f4").reshape(len(item_ids), -1)
    index = hnswlib.Index("ip", made.shape[1])
    index.init_index(len(made), M=16, ef_construction=200)
    index.set_num_threads(2)
    index.add_items(made)
    index.save_index(f"{SHOP}/peer/graph.bin")


if os.environ.get("ONLINE_PREPARE"):
    load()
    build()
    raise SystemExit
index = graph()
client = redis.Redis(port=PORT)
stages = {name: 0.0 for name in ("user features", "query tower", "search", "item features", "ranking")}


@torch.inference_mode()
def recommend(name):
    clock = [time.perf_counter()]
    user = user_rows[name]
    values = client.hmget(f"peer:user:{user}", USERS)
    codes = torch.tensor([int(x) for x in values[:USER_CODES]])
    numbers = torch.tensor([float(x) for x in values[USER_CODES:]])
    clock.append(time.perf_counter())
    x = torch.cat([user_table[user], user_tables(codes).flatten(), numbers])
    query = np.ones((1, 65), "f4")
    query[0, :64] = normalize(user_layers(x), dim=0).numpy()
    clock.append(time.perf_counter())
    items = index.knn_query(query, CANDIDATES, num_threads=1)[0][0]
    clock.append(time.perf_counter())
    pipeline = client.pipeline(transaction=False)
    for item in items.tolist():
        pipeline.hmget(f"peer:item:{item}", ITEMS)
    found = pipeline.execute()
    item_codes = torch.from_numpy(np.array([row[:ITEM_CODES] for row in found]).astype("i8"))
    item_numbers = torch.from_numpy(np.array([row[ITEM_CODES:] for row in found]).astype("f4"))
    clock.append(time.perf_counter())
    candidates = torch.from_numpy(items.astype("i8"))
    of_user = rank_users(torch.cat([torch.tensor([user]), codes])).expand(CANDIDATES, -1, -1)
    of_items = rank_items(torch.cat([candidates[:, None], item_codes], 1))
    first = bottom(torch.cat([numbers.expand(CANDIDATES, -1), item_numbers], 1))
    embedded = torch.cat([first[:, None], of_user, of_items], 1)
    products = torch.bmm(embedded, embedded.transpose(1, 2))[:, rows, columns]
    scores = top(torch.cat([first, products], 1))[:, 0] + correction[candidates]
    best, places = torch.topk(scores, ANSWER)
    answer = [{"item": item_ids[items[place]], "score": score} for place, score in zip(places.tolist(), best.tolist())]
    clock.append(time.perf_counter())
    for stage, start, end in zip(stages, clock, clock[1:]):
        stages[stage] += end - start
    return answer


class Query(BaseModel):
    user: str
    k: int = ANSWER


app = FastAPI()


# On the event loop: what a request waits for is its own work and a server on the same machine, and a pool of threads
# would only hand the interpreter's lock to and fro.
@app.post("/v1/recommendations")
async def recommendations(query: Query):
    return {"user": query.user, "items": recommend(query.user)}


@app.get("/stages")
async def times():
    return stages
