"""Writes Triton's model repository: the six stages and the ensemble that joins them, as the reference system's graph does."""
import os

# Tensors: Triton's type, and the shape without the batch.
TENSORS = {
    "user_id_raw": ("INT32", [1]), "user_row": ("INT64", [1]), "user_codes": ("INT64", [10]),
    "user_numbers": ("FP32", [2]), "query": ("FP32", [65]), "candidate_ids": ("INT64", [100]),
    "item_codes": ("INT64", [100, 6]), "item_numbers": ("FP32", [100, 2]), "scores": ("FP32", [100]),
    "ordered_ids": ("INT64", [16]), "ordered_scores": ("FP32", [16]),
}
USER = ["user_row", "user_codes", "user_numbers"]
STAGES = [
    ("user_features", "UserFeatures", ["user_id_raw"], USER),
    ("query_tower", "QueryTower", USER, ["query"]),
    ("search", "Search", ["query"], ["candidate_ids"]),
    ("item_features", "ItemFeatures", ["candidate_ids"], ["item_codes", "item_numbers"]),
    ("ranking", "Ranking", [*USER, "candidate_ids", "item_codes", "item_numbers"], ["scores"]),
    ("sampling", "Sampling", ["candidate_ids", "scores"], ["ordered_ids", "ordered_scores"]),
]
BATCH = 16
HERE = os.path.dirname(os.path.abspath(__file__))
PLACES = [HERE, f"{os.path.dirname(HERE)}/online"]


def tensors(kind, names):
    parts = [f'  {{ name: "{name}" data_type: TYPE_{TENSORS[name][0]} dims: {TENSORS[name][1]} }}' for name in names]
    return f"{kind} [\n" + ",\n".join(parts) + "\n]\n"


def write(folder, config, model=None):
    os.makedirs(f"{folder}/1", exist_ok=True)
    with open(f"{folder}/config.pbtxt", "w") as file:
        file.write(config)
    if model:
        with open(f"{folder}/1/model.py", "w") as file:
            file.write(model)


def make(folder, instances):
    """`instances`: processes of each stage."""
    for name, kind, inputs, outputs in STAGES:
        config = (f'name: "{name}"\nbackend: "python"\nmax_batch_size: {BATCH}\n' + tensors("input", inputs)
                  + tensors("output", outputs) + f"instance_group [{{ kind: KIND_CPU count: {instances} }}]\n"
                  + "dynamic_batching { }\n")
        # The stub takes no PYTHONPATH.
        write(f"{folder}/{name}", config,
              f"import sys\nsys.path += {PLACES!r}\nfrom stages import {kind} as TritonPythonModel\n")
    steps = []
    for name, _, inputs, outputs in STAGES:
        maps = "".join(f'      input_map {{ key: "{tensor}" value: "{tensor}" }}\n' for tensor in inputs)
        maps += "".join(f'      output_map {{ key: "{tensor}" value: "{tensor}" }}\n' for tensor in outputs)
        steps.append(f'    {{\n      model_name: "{name}"\n      model_version: -1\n{maps}    }}')
    write(f"{folder}/recommend", f'name: "recommend"\nplatform: "ensemble"\nmax_batch_size: {BATCH}\n'
          + tensors("input", ["user_id_raw"]) + tensors("output", ["ordered_ids", "ordered_scores"])
          + "ensemble_scheduling {\n  step [\n" + ",\n".join(steps) + "\n  ]\n}\n")
