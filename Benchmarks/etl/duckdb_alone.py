"""DuckDB by itself: the generated shop's files into tables, and the shipped SQL project's compiled models on them.

The models run in the order of their references, each as the kind of relation that the project makes of it; then the
project's data tests, timed apart. With `plain-text` as the last argument texts are not compressed in the tables that the
models make, as Martlet has it; without it DuckDB is as it comes.

Usage: duckdb_alone.py DATA COMPILED DATABASE [plain-text]
"""

import pathlib
import re
import sys
import time

import duckdb

data, compiled, database = (pathlib.Path(argument) for argument in sys.argv[1:4])
views = {"transactions_staging", "customers_staging", "articles_staging", "articles_metadata"}
connection = duckdb.connect(str(database))
connection.execute("set memory_limit = '4GB'")
connection.execute("create schema raw")
start = time.perf_counter()
types = {
    "transactions": "{'t_dat': 'DATE', 'customer_id': 'VARCHAR', 'article_id': 'VARCHAR', 'price': 'DOUBLE',"
    " 'sales_channel_id': 'INTEGER'}",
    "customers": "{'FN': 'DOUBLE', 'Active': 'DOUBLE', 'age': 'DOUBLE'}",
    "articles": "{}",
}
for name, file in [("transactions", "transactions_train"), ("customers", "customers"), ("articles", "articles")]:
    chosen = f"types = {types[name]}," if types[name] != "{}" else "all_varchar = true,"
    connection.execute(
        f"create table raw.{name} as select *, 1 as _version, now() as _loaded_at, '{file}' as _file"
        f" from read_csv('{data}/{file}.csv', {chosen} header = true)"
    )
loaded = time.perf_counter()
if "plain-text" in sys.argv:
    connection.execute("set disabled_compression_methods = 'dict_fsst'")
models = {path.stem: path.read_text() for path in compiled.rglob("*.sql") if "tests" not in path.parts}
done: set[str] = set()
while len(done) < len(models):
    for name, sql in sorted(models.items()):
        needs = {other for other in models if other != name and re.search(rf'\b"?{other}"?\b', sql)}
        if name in done or not needs <= done:
            continue
        kind = "view" if name in views else "table"
        connection.execute(f'create {kind} "{name}" as {sql}')
        done.add(name)
ended = time.perf_counter()
rows = connection.execute("select count(*) from interactions").fetchone()[0]
faults = 0
for path in sorted((compiled / "tests").rglob("*.sql")):
    faults += connection.execute(f"select count(*) from ({path.read_text()})").fetchone()[0]
tested = time.perf_counter()
print(
    f"load {loaded - start:.1f} s, models {ended - loaded:.1f} s, together {ended - start:.1f} s; "
    f"tests {tested - ended:.1f} s more, {faults} faults; {rows} interactions"
)
