"""What both races share: the data, and how a side is run."""

import gzip
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

def threads(number):
    """Bounds the threads of every library that a process may load later."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MARTLET_THREADS"):
        os.environ[variable] = str(number)


def unpack(path, folder):
    """The training lines as plain text."""
    with gzip.open(path, "rb") as packed, open(f"{folder}/train.txt", "wb") as plain:
        plain.write(packed.read())
    return f"{folder}/train.txt"


def matrix(path):
    """Who took what, users × items, as the ids say, all values 1."""
    import numpy as np
    import scipy.sparse as sp

    rows, columns = [], []
    with open(path) as file:
        for line in file:
            numbers = list(map(int, line.split()))
            rows += [numbers[0]] * (len(numbers) - 1)
            columns += numbers[1:]
    taken = sp.csr_matrix((np.ones(len(rows), "f4"), (rows, columns)))
    taken.sum_duplicates()
    taken.data[:] = 1
    return taken


def child(command):
    """Runs a command; the JSON of its last line, with the processor time and the memory that it used."""
    before = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed")
    result = json.loads(text.decode().strip().splitlines()[-1])
    result["wall"] = time.perf_counter() - before
    result["cpu"] = usage.ru_utime + usage.ru_stime
    result["peak_mb"] = usage.ru_maxrss * 1024 / 1e6
    return result


def martlet(kind, hyperparameters, train, folder="-"):
    return child([os.environ["MARTLET_LINEAR"], kind, json.dumps(hyperparameters), train, folder])
