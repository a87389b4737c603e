"""Logs points with MLflow's client in its fastest way, batches of a thousand, and reads the last one back.

    python mlflow_points.py URI COUNT
"""
import json
import logging
import os
import sys
import time
import warnings

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["MLFLOW_ENABLE_ASYNC_LOGGING"] = "false"
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from mlflow import MlflowClient
from mlflow.entities import Metric

uri, count = sys.argv[1], int(sys.argv[2])
client = MlflowClient(tracking_uri=uri)
run = client.create_run(client.create_experiment("race")).info.run_id
began = time.perf_counter()
for start in range(0, count, 1000):
    now = int(time.time() * 1000)
    batch = [Metric("loss", 1 / (1 + index % 1000), now, index) for index in range(start, min(start + 1000, count))]
    client.log_batch(run, metrics=batch)
seconds = time.perf_counter() - began
last = client.get_run(run).data.metrics["loss"]
assert last == 1 / (1 + (count - 1) % 1000), last
print(json.dumps({"seconds": seconds, "points": count}))
