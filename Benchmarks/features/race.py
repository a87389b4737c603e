"""The three racers in turn, three rounds; medians of each and their ratios. Martlet has written the features."""
import json
import logging
import random
import statistics
import subprocess
import sys
import time
import warnings
from datetime import datetime, timedelta, timezone

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Float32

port, folder, entities, features, martlet = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
store = FeatureStore(
    config=RepoConfig(
        project="bench", provider="local", registry=f"{folder}/registry.db",
        online_store={"type": "redis", "connection_string": f"127.0.0.1:{port}"}, entity_key_serialization_version=3))
user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.INT64)
pd.DataFrame({"user_id": [1], "event_timestamp": [datetime.now(timezone.utc)]}).to_parquet(f"{folder}/nothing.parquet")
view = FeatureView(
    name="bench", entities=[user], schema=[Field(name=f"f{i}", dtype=Float32) for i in range(features)], ttl=timedelta(0),
    source=FileSource(name="nothing", path=f"{folder}/nothing.parquet", timestamp_field="event_timestamp"))
store.apply([user, view])
names = [f"bench:f{i}" for i in range(features)]


def feast(requests=60):
    generator = random.Random(7)
    times = []
    for request in range(requests + 10):
        users = [generator.randrange(1000) for _ in range(entities)]
        began = time.perf_counter()
        answer = store.get_online_features(features=names, entity_rows=[{"user_id": user} for user in users])
        elapsed = time.perf_counter() - began
        if request >= 10:
            times.append(elapsed * 1e3)
        feature = int(answer.proto.metadata.feature_names.val[1][1:])
        assert answer.proto.results[1].values[0].float_val == users[0] + feature / 64, "Feast reads what Martlet wrote"
    return statistics.median(times)


def ours():
    command = [martlet, "bench", "features", "--entities", str(entities), "--features", str(features),
               "--store", f"redis://127.0.0.1:{port}", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


# A key of Martlet's has NUL bytes in it, which no command line can hold: these have as many bytes.
key_length = 4 + 4 + 4 + len("user_id") + 4 + 4 + 8 + len("bench")
fields = [f"f{i:03d}" for i in range(features)] + ["_ts:" + "bench"]
prefix = "k" * (key_length - 12)
load = "".join(
    f"HSET {prefix}{user:012d} " + " ".join(f"{field} {'v' * 5}" for field in fields[:-1]) + f" {fields[-1]} {'t' * 6}\n"
    for user in range(1000))
subprocess.run(["redis-cli", "-p", str(port)], input=load, text=True, check=True, capture_output=True)


def floor(requests=2000):
    output = subprocess.run(
        ["redis-benchmark", "-p", str(port), "-c", "1", "-P", str(entities), "-n", str(requests * entities), "-r", "1000",
         "--csv", "HMGET", prefix + "__rand_int__", *fields], check=True, capture_output=True, text=True).stdout
    rate = float(output.strip().splitlines()[-1].split('","')[1].strip('"'))
    return entities / rate * 1e3


rounds = {"feast": [], "martlet": [], "floor": [], "p99": []}
for _ in range(3):
    rounds["feast"].append(feast())
    found = ours()
    rounds["martlet"].append(found["medianMilliseconds"])
    rounds["p99"].append(found["p99Milliseconds"])
    rounds["floor"].append(floor())
medians = {name: statistics.median(values) for name, values in rounds.items()}
print(f"{entities} entities x {features} features, milliseconds a request, medians of three rounds")
print(f"  Feast's SDK       {medians['feast']:8.3f}   {[round(v, 3) for v in rounds['feast']]}")
print(f"  martlet           {medians['martlet']:8.3f}   {[round(v, 3) for v in rounds['martlet']]}  p99 {medians['p99']:.3f}")
print(f"  redis-benchmark   {medians['floor']:8.3f}   {[round(v, 3) for v in rounds['floor']]}")
print(f"  martlet takes 1/{medians['feast'] / medians['martlet']:.1f} of Feast's time, "
      f"{medians['martlet'] / medians['floor']:.2f} x the floor")
