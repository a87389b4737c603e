"""What `run` measured, as lines of the table. Usage: record.py FOLDER TRANSACTIONS"""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import results as races


def measured(name):
    """The output of a part, its seconds, and its peak memory in MB."""
    with open(f"{sys.argv[1]}/{name}.txt") as file:
        text = file.read()
    seconds, kilobytes = re.findall(r"^TIME (\S+) (\S+)", text, re.M)[-1]
    return text, float(seconds), float(kilobytes) * 1024 / 1e6


def duckdb(name):
    text, _, peak = measured(name)
    return float(re.search(r"together ([0-9.]+) s", text)[1]), float(re.search(r"tests ([0-9.]+) s", text)[1]), peak


_, ours, peak = measured("transform")
_, dataset, dataset_peak = measured("features")
work = f"load and transform with its data tests, {int(sys.argv[2]):,} purchases"
for name, title in [("duckdb-plain", "DuckDB without tests, texts not compressed"), ("duckdb", "DuckDB without tests, as it comes")]:
    seconds, tests, peer_peak = duckdb(name)
    races.record("etl", work, title, "s", [seconds], [ours], round(1 / 1.15, 2), less=True, peer_peak=peer_peak, peak=peak,
                 note=f"{(seconds + tests) / ours:.2f} × with the tests, which took DuckDB {tests:.1f} s")
seconds, tests, peer_peak = duckdb("duckdb")
races.record("etl", f"tables to the finished dataset, {int(sys.argv[2]):,} purchases", "load and transform by DuckDB", "s",
             [seconds + tests], [dataset], 1.0, less=True, peer_peak=peer_peak, peak=dataset_peak)
