"""Judging lists for Gowalla's test users: RecBole, RecList and Martlet in turn; the same lists, values before times.

The lists are drawn: popular items that the user does not have, with some of what the user chose planted among them, so
that recall is about what good models reach. What a metric costs does not depend on who made the lists.

RecBole's metric classes get what its collector would hand them, made beforehand and not timed: the matrix that says which
places are hits, and the items. RecList's functions get frames of 500 users at a time, since they compare every place with
every choice. Martlet starts from the lists, the users' choices and the training rows, and does all of its work: metrics
with intervals, slices of users and items, every behaviour test that needs no second model, and the linter.
"""

import argparse
import contextlib
import gzip
import io
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

# RecBole 1.2 was written for numpy before 1.24.
np.float = float
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import results as races

K, KS = 20, [10, 20]
RECBOLE = ["Hit", "MRR", "MAP", "Recall", "NDCG", "Precision", "ItemCoverage", "AveragePopularity", "ShannonEntropy",
           "GiniIndex", "TailPercentage"]


def lines(path):
    opened = gzip.open(path + ".gz", "rt") if os.path.exists(path + ".gz") else open(path)
    with opened as file:
        return [[int(word) for word in line.split()] for line in file if line.strip()]


def world(options):
    """Lists, choices, training rows by judged user, and the popularity of items."""
    train, test = (lines(f"{options.data}/{name}.txt") for name in ("train", "test"))
    past = {line[0]: line[1:] for line in train}
    judged = [(line[0], sorted(set(line[1:]))) for line in test if len(line) > 1][:options.users]
    items = max(max(max(line[1:], default=0) for line in rows) for rows in (train, test)) + 1
    popularity = np.bincount(np.concatenate([line[1:] for line in train]), minlength=items)
    random = np.random.default_rng(5)
    top = np.argsort(-popularity, kind="stable")[:2000]
    place = np.full(items, -1)
    place[top] = np.arange(len(top))
    lists = np.empty((len(judged), K), "i4")
    for row, (user, chosen) in enumerate(judged):
        scores = np.log(popularity[top]) + random.gumbel(size=len(top))
        known = place[np.array(past.get(user, []) + chosen, int)]
        scores[known[known >= 0]] = -np.inf
        best = np.argpartition(-scores, K)[:K]
        drawn = top[best[np.argsort(-scores[best])]]
        planted = [item for item in chosen[:K] if random.random() < 0.18]
        drawn[random.permutation(K)[:len(planted)]] = planted
        lists[row] = drawn
    return lists, [chosen for _, chosen in judged], [past.get(user, []) for user, _ in judged], train, popularity, items


def flat(rows):
    """Offsets and entries of rows."""
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype("i8")
    return offsets, np.concatenate([np.array(row, "i4") for row in rows]).astype("i4")


class RecBole:
    def __init__(self, lists, truth, popularity, items, names):
        logging.disable(logging.CRITICAL)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            import torch
            from recbole.evaluator import metrics
            from recbole.evaluator.collector import DataStruct
        hits = np.array([np.isin(row, chosen) for row, chosen in zip(lists, truth)])
        lengths = np.array([[len(chosen)] for chosen in truth])
        self.data = DataStruct()
        self.data.set("rec.items", torch.from_numpy(lists.astype("i8")))
        self.data.set("rec.topk", torch.from_numpy(np.concatenate([hits.astype("i4"), lengths.astype("i4")], axis=1)))
        self.data.set("data.num_items", items)
        self.data.set("data.count_items", {item: int(count) for item, count in enumerate(popularity) if count})
        config = {"topk": KS, "metric_decimal_place": 12, "tail_ratio": 0.1}
        self.metrics = [getattr(metrics, name)(config) for name in names]

    def run(self):
        """Seconds for all metrics, and for all but TailPercentage, the last."""
        times, values = [time.perf_counter()], {}
        for metric in self.metrics:
            values |= metric.calculate_metric(self.data)
            times.append(time.perf_counter())
        return (times[-1] - times[0], times[-2] - times[0]), values


class RecList:
    """A few users at a time: all of them at once would take users × choices × places of memory."""

    def __init__(self, lists, truth, sessions, items):
        import pandas as pd
        from reclist.metrics import standard_metrics
        self.functions = standard_metrics
        self.lists, self.sessions, self.catalogue = lists.tolist(), sessions, dict.fromkeys(range(items))
        self.frames = [
            (pd.DataFrame(lists[start:start + 500]), pd.DataFrame(truth[start:start + 500]))
            for start in range(0, len(lists), 500)]

    def run(self):
        began = time.perf_counter()
        values = {}
        for name in ("hit_rate", "mrr", "precision", "recall"):
            function = getattr(self.functions, f"{name}_at_k")
            sums = sum(function(predicted, actual, k=K) * len(predicted) for predicted, actual in self.frames)
            values[name] = sums / len(self.lists)
        values["coverage"] = self.functions.coverage_at_k(self.lists, self.catalogue, k=len(self.lists))
        values["popularity_bias"] = self.functions.popularity_bias_at_k(self.lists, self.sessions, k=K)
        return time.perf_counter() - began, values


def martlet(folder, threads):
    environment = {**os.environ, "MARTLET_THREADS": str(threads)}
    command = [os.environ["MARTLET_PROGRAM"], "bench", "evaluation", "--folder", folder, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def compare(ours, theirs, names):
    for name, their_name, factor in names:
        here, there = ours[name], theirs[their_name] * factor
        print(f"  {name:24} {here:.9f} {there:.9f}")
        assert abs(here - there) <= 1e-6 * max(1, abs(there)), f"{name}: {here} here, {there} there"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="../shared/data/gowalla")
    parser.add_argument("--users", type=int, default=10**9)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    lists, truth, past, train, popularity, items = world(options)
    recbole = RecBole(lists, truth, popularity, items, RECBOLE)
    reclist = RecList(lists, truth, [line[1:] for line in train], items)
    threads = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        arrays = {"lists": lists.astype("i4"), "popularity": popularity.astype("i4")}
        arrays["truth-offsets"], arrays["truth"] = flat(truth)
        arrays["past-offsets"], arrays["past"] = flat(past)
        arrays["train-offsets"], arrays["train"] = flat([line[1:] for line in train])
        for name, array in arrays.items():
            array.tofile(f"{folder}/{name}.bin")
        ours = martlet(folder, threads)
        found = ours["values"]
        entropy = found["entropy"] / found["distinct"]
        pairs = [(f"{mine}@{k}", f"{theirs}@{k}", 1) for k in KS for mine, theirs in [
            ("hit-rate", "hit"), ("mrr", "mrr"), ("map", "map"), ("recall", "recall"), ("ndcg", "ndcg"),
            ("precision", "precision"), ("coverage", "itemcoverage")]]
        pairs += [("gini", "giniindex@20", 1), ("average-popularity", "averagepopularity@20", 1),
                  ("tail-share", "tailpercentage@20", 1)]
        print(f"values for {len(lists)} users: Martlet, RecBole")
        _, values = recbole.run()
        compare(found, values, pairs)
        compare({"entropy": entropy}, values, [("entropy", "shannonentropy@20", 1)])
        print("values: Martlet, RecList")
        _, values = reclist.run()
        compare(found, values, [
            ("hit-rate@20", "hit_rate", 1), ("mrr@20", "mrr", 1), ("precision@20", "precision", 1),
            ("recall@20", "recall", 1), ("coverage@20", "coverage", 1), ("popularity-bias", "popularity_bias", 1)])

        def race():
            return (recbole.run()[0], reclist.run()[0], martlet(folder, threads), martlet(folder, 1))

        rounds = races.calm_rounds(options.rounds, race)
    mine = [found["seconds"] for _, _, found, _ in rounds]
    alone = sorted(found["seconds"] for _, _, _, found in rounds)[len(rounds) // 2]
    peak = max(found["peak"] for _, _, found, _ in rounds)
    peer_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    work = f"judging lists of {K} for {len(lists):,} Gowalla users"
    note = (f"Martlet does all of its metrics with intervals, {ours['slices']} slices, {ours['tests']} behaviour tests and "
            f"the linter, and takes {alone:.3f} s on one thread")
    lengths = " and ".join(map(str, KS))
    races.record("evaluation", work, f"RecBole 1.2.1, its 11 ranking metrics at {lengths}", "s",
                 [a for (a, _), _, _, _ in rounds], mine, asked=20, less=True, peak=peak, peer_peak=peer_peak, note=note,
                 against="RecBole")
    races.record("evaluation", work, f"RecBole 1.2.1 without TailPercentage, 10 metrics at {lengths}", "s",
                 [a for (_, a), _, _, _ in rounds], mine, less=True, peak=peak, peer_peak=peer_peak, note=note,
                 against="RecBole without TailPercentage")
    races.record("evaluation", work, "RecList 2.1, 6 metrics at 20", "s", [b for _, b, _, _ in rounds], mine, asked=20,
                 less=True, peak=peak, peer_peak=peer_peak, note=note, against="RecList")


if __name__ == "__main__":
    main()
