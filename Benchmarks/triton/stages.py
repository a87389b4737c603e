"""The stages of the reference system's graph, each a Python backend of Triton: they compute what Benchmarks/online/peer.py
does, for a batch of requests at a time.

The environment names the shop's folder (ONLINE_SHOP), the Redis port (ONLINE_REDIS) and, for the softmax sampling, its
temperature (ONLINE_TEMPERATURE).
"""
import os

import numpy as np
import peer
import torch
import triton_python_backend_utils as triton

CANDIDATES, ANSWER = peer.CANDIDATES, peer.ANSWER


class Stage:
    """Puts the requests of a call together, computes once, and parts the answers again."""

    inputs = ()
    outputs = ()

    def execute(self, requests):
        parts = [[triton.get_input_tensor_by_name(request, name).as_numpy() for name in self.inputs] for request in requests]
        sizes = [len(part[0]) for part in parts]
        with torch.inference_mode():
            results = self.compute(*(np.concatenate(column) for column in zip(*parts)))
        ends = np.cumsum(sizes)
        return [triton.InferenceResponse([triton.Tensor(name, np.ascontiguousarray(result[end - size:end]))
                                          for name, result in zip(self.outputs, results)])
                for size, end in zip(sizes, ends)]


class UserFeatures(Stage):
    inputs, outputs = ("user_id_raw",), ("user_row", "user_codes", "user_numbers")

    def compute(self, users):
        pipeline = peer.client.pipeline(transaction=False)
        for user in users[:, 0].tolist():
            pipeline.hmget(f"peer:user:{user}", peer.USERS)
        found = pipeline.execute()
        codes = np.array([row[:peer.USER_CODES] for row in found]).astype("i8")
        numbers = np.array([row[peer.USER_CODES:] for row in found]).astype("f4")
        return users.astype("i8"), codes, numbers


class QueryTower(Stage):
    inputs, outputs = UserFeatures.outputs, ("query",)

    def compute(self, users, codes, numbers):
        x = torch.cat([peer.user_table[torch.from_numpy(users[:, 0])], peer.user_tables(torch.from_numpy(codes)).flatten(1),
                       torch.from_numpy(numbers)], 1)
        query = np.ones((len(users), 65), "f4")
        query[:, :64] = torch.nn.functional.normalize(peer.user_layers(x), dim=1).numpy()
        return (query,)


class Search(Stage):
    inputs, outputs = ("query",), ("candidate_ids",)

    def initialize(self, _):
        self.index = peer.graph()

    def compute(self, queries):
        return (self.index.knn_query(queries, CANDIDATES, num_threads=1)[0].astype("i8"),)


class ItemFeatures(Stage):
    inputs, outputs = ("candidate_ids",), ("item_codes", "item_numbers")

    def compute(self, items):
        pipeline = peer.client.pipeline(transaction=False)
        for item in items.ravel().tolist():
            pipeline.hmget(f"peer:item:{item}", peer.ITEMS)
        found = pipeline.execute()
        shape = (len(items), CANDIDATES, -1)
        return (np.array([row[:peer.ITEM_CODES] for row in found]).astype("i8").reshape(shape),
                np.array([row[peer.ITEM_CODES:] for row in found]).astype("f4").reshape(shape))


class Ranking(Stage):
    inputs = (*UserFeatures.outputs, "candidate_ids", *ItemFeatures.outputs)
    outputs = ("scores",)

    def compute(self, users, codes, numbers, items, item_codes, item_numbers):
        count = len(users) * CANDIDATES
        candidates = torch.from_numpy(items).flatten()
        of_users = peer.rank_users(torch.cat([torch.from_numpy(users), torch.from_numpy(codes)], 1))
        of_users = of_users.repeat_interleave(CANDIDATES, 0)
        of_items = peer.rank_items(torch.cat([candidates[:, None], torch.from_numpy(item_codes).reshape(count, -1)], 1))
        first = peer.bottom(torch.cat([torch.from_numpy(numbers).repeat_interleave(CANDIDATES, 0),
                                       torch.from_numpy(item_numbers).reshape(count, -1)], 1))
        embedded = torch.cat([first[:, None], of_users, of_items], 1)
        products = torch.bmm(embedded, embedded.transpose(1, 2))[:, peer.rows, peer.columns]
        scores = peer.top(torch.cat([first, products], 1))[:, 0] + peer.correction[candidates]
        return (scores.reshape(len(users), CANDIDATES).numpy(),)


class Sampling(Stage):
    """Without replacement by the softmax of the scores: the largest of scores with Gumbel noise."""

    inputs, outputs = ("candidate_ids", "scores"), ("ordered_ids", "ordered_scores")

    def initialize(self, _):
        self.random = np.random.default_rng(1)
        self.temperature = float(os.environ["ONLINE_TEMPERATURE"])

    def compute(self, items, scores):
        noisy = scores + self.temperature * self.random.gumbel(size=scores.shape)
        best = np.argsort(-noisy, axis=1)[:, :ANSWER]
        return np.take_along_axis(items, best, 1), np.take_along_axis(scores, best, 1)
