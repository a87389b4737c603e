"""Feast's SDK, Martlet and redis-benchmark in turn on the same Redis. Martlet has written the features that Feast reads."""
import argparse
import json
import logging
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from datetime import datetime, timedelta, timezone

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Float32

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import results as races
import servers

arguments = argparse.ArgumentParser()
arguments.add_argument("--entities", type=int, default=100)
arguments.add_argument("--features", type=int, default=50)
arguments.add_argument("--rounds", type=int, default=3)
arguments.add_argument("--requests", type=int, default=2000)
options = arguments.parse_args()
entities, features = options.entities, options.features
KNOWN = 1000


def martlet(port):
    """Writes the features, then reads them: milliseconds a request."""
    command = [os.environ["MARTLET"], "bench", "features", "--entities", str(entities), "--features", str(features),
               "--requests", str(options.requests), "--store", f"redis://127.0.0.1:{port}", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


class Feast:
    def __init__(self, port, folder):
        self.store = FeatureStore(config=RepoConfig(
            project="bench", provider="local", registry=f"{folder}/registry.db",
            online_store={"type": "redis", "connection_string": f"127.0.0.1:{port}"}, entity_key_serialization_version=3))
        user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.INT64)
        nothing = pd.DataFrame({"user_id": [1], "event_timestamp": [datetime.now(timezone.utc)]})
        nothing.to_parquet(f"{folder}/nothing.parquet")
        source = FileSource(name="nothing", path=f"{folder}/nothing.parquet", timestamp_field="event_timestamp")
        self.store.apply([user, FeatureView(
            name="bench", entities=[user], schema=[Field(name=f"f{i}", dtype=Float32) for i in range(features)],
            ttl=timedelta(0), source=source)])
        self.names = [f"bench:f{i}" for i in range(features)]

    def ask(self, users):
        return self.store.get_online_features(features=self.names, entity_rows=[{"user_id": user} for user in users])

    def check(self):
        """Every value that Martlet wrote, as Feast reads it."""
        users = list(range(KNOWN))
        found = self.ask(users).to_dict()
        for feature in range(features):
            assert found[f"f{feature}"] == [user + feature / 64 for user in users], f"Feast reads another f{feature}"

    def times(self, requests):
        """The median of so many requests, milliseconds."""
        generator = random.Random(7)
        taken = []
        for request in range(requests + 10):
            users = [generator.randrange(KNOWN) for _ in range(entities)]
            began = time.perf_counter()
            self.ask(users)
            if request >= 10:
                taken.append((time.perf_counter() - began) * 1e3)
        return statistics.median(taken)


class Floor:
    """redis-benchmark's HMGET of keys, fields and values as long as Feast's layout has them."""

    def __init__(self, port):
        # A key of Martlet's has NUL bytes in it, which no command line can hold: these have as many bytes.
        length = 4 + 4 + 4 + len("user_id") + 4 + 4 + 8 + len("bench")
        self.port, self.prefix = str(port), "k" * (length - 12)
        self.fields = [f"f{i:03d}" for i in range(features)] + ["_ts:" + "bench"]
        load = "".join(
            f"HSET {self.prefix}{user:012d} " + " ".join(f"{field} {'v' * 5}" for field in self.fields[:-1])
            + f" {self.fields[-1]} {'t' * 6}\n" for user in range(KNOWN))
        subprocess.run(["redis-cli", "-p", self.port], input=load, text=True, check=True, capture_output=True)

    def times(self, requests):
        output = subprocess.run(
            ["redis-benchmark", "-p", self.port, "-c", "1", "-P", str(entities), "-n", str(requests * entities), "-r",
             str(KNOWN), "--csv", "HMGET", self.prefix + "__rand_int__", *self.fields],
            check=True, capture_output=True, text=True).stdout
        rate = float(output.strip().splitlines()[-1].split('","')[1].strip('"'))
        return entities / rate * 1e3


def main(folder):
    servers.require("redis-server", "redis-cli", "redis-benchmark")
    port = servers.free_port()
    redis = servers.redis_server(f"{folder}/redis", port)
    martlet(port)
    feast, floor = Feast(port, folder), Floor(port)
    feast.check()

    def round_():
        found = {"feast": feast.times(max(20, options.requests // 30))}
        ours = martlet(port)
        found |= {"martlet": ours["medianMilliseconds"], "p99": ours["p99Milliseconds"], "floor": floor.times(options.requests)}
        print(", ".join(f"{name} {value:.3f} ms" for name, value in found.items()), file=sys.stderr, flush=True)
        return found

    rounds = races.calm_rounds(options.rounds, round_, servers.trees([redis]))
    columns = {name: [one[name] for one in rounds] for name in rounds[0]}
    work = f"reading {entities} entities × {features} features from Redis"
    note = f"p99 {statistics.median(columns['p99']):.2f} ms; Feast reads the values that Martlet wrote"
    races.record("features", work, "Feast's SDK", "ms", columns["feast"], columns["martlet"], 10, less=True, note=note)
    times = statistics.median(ours / floor for ours, floor in zip(columns["martlet"], columns["floor"]))
    races.record("features", work, "redis-benchmark for the same bytes, the floor", "ms", columns["floor"], columns["martlet"],
                 0.77, less=True, against="floor", note=f"{times:.2f} of the floor's time; at most 1.3 were asked for")


with tempfile.TemporaryDirectory() as folder:
    try:
        main(folder)
    finally:
        servers.end()
