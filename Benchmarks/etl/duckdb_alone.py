"""DuckDB by itself: the generated shop's files into tables, and the shipped SQL project's compiled models on them.

The models run in the order of their references, each as the kind of relation that the project makes of it.
"""

import pathlib
import re
import sys
import time

import duckdb

data, compiled, database = (pathlib.Path(argument) for argument in sys.argv[1:4])
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
models = {path.stem: path.read_text() for path in compiled.rglob("*.sql") if "tests" not in path.parts}
done: set[str] = set()
while len(done) < len(models):
    for name, sql in sorted(models.items()):
        needs = {other for other in models if other != name and re.search(rf'\b"?{other}"?\b', sql)}
        if name in done or not needs <= done:
            continue
        kind = "view" if name.endswith("_staging") else "table"
        connection.execute(f'create {kind} "{name}" as {sql}')
        done.add(name)
ended = time.perf_counter()
rows = connection.execute("select count(*) from interactions").fetchone()[0]
print(f"load {loaded - start:.1f} s, transform {ended - loaded:.1f} s, together {ended - start:.1f} s, {rows} interactions")
