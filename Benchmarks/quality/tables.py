"""The tables of public data: every model with its settings, beside what was asked for.

A model's settings are the table's presets, which were chosen on its validation rows, and what stands here. The test rows
are looked at once for each line.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import results as races

# title, model, settings, what was asked for.
GOWALLA = [
    ("popularity", "popularity", {}, ()),
    ("item cosine", "item-cosine", {}, ()),
    ("EASE, all items", "ease", {"maximum-items": 40981}, (0.176, 0.147)),
    ("SLIM", "slim", {}, ()),
    ("GF-CF", "gf-cf", {}, (0.185, 0.152)),
    ("iALS", "ials", {}, ()),
    ("MF-BPR, d 64", "mf-bpr", {}, (0.163, 0.138)),
    ("MF + BSL, d 64", "mf", {}, (0.188, 0.158)),
    ("LightGCN, d 64", "lightgcn", {}, (0.182, 0.155)),
    ("blend", "blend", {}, (0.195, 0.162)),
]
BEAUTY = [(name, name, {}, ()) for name in ["popularity", "item-cosine", "ease", "slim", "gf-cf", "ials", "mf", "lightgcn",
                                            "two-tower", "youtube-dnn", "blend"]]
TABLES = {"gowalla": (GOWALLA, {"recall@20": "Recall@20", "ndcg@20": "NDCG@20"}),
          "beauty": (BEAUTY, {"hr@10": "HR@10", "ndcg@10": "NDCG@10"})}


def main():
    parser = argparse.ArgumentParser(description="Public tables.")
    parser.add_argument("tables", nargs="*", default=list(TABLES), help="gowalla, beauty")
    parser.add_argument("--models", nargs="+", help="titles or kinds; default: all")
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args()
    failed = []
    for table in options.tables:
        lines, metrics = TABLES[table]
        for title, model, settings, asked in lines:
            if options.models and not {title, model} & set(options.models):
                continue
            command = [*shlex.split(os.environ["MARTLET_QUALITY"]), table, "--model", model, "--seed", str(options.seed),
                       "--quiet"]
            for key, value in settings.items():
                command += ["--set", f"{key}={value}"]
            process = subprocess.run(command, stdout=subprocess.PIPE, text=True)
            if process.returncode:
                failed.append(f"{title} on {table}")
                continue
            result = json.loads(process.stdout.strip().splitlines()[-1])
            races.keep({
                "race": "quality", "work": title, "peer": table, "table": table,
                "metrics": {shown: result.get(key) for key, shown in metrics.items()},
                "asked": dict(zip(metrics.values(), asked)), "epochs": result["epochs"], "seconds": result["seconds"],
                "peak": result["peakMemoryBytes"] / 1e6, "seed": result["seed"], "threads": result["threads"]})
    if failed:
        sys.exit("these failed: " + ", ".join(failed))


main()
