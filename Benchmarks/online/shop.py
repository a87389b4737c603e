"""The shops of the races of whole requests: one with its features in Redis, the same with its features embedded."""
import os
import shutil
import subprocess
import sys


def make(options, redis_port):
    """Makes what is not there from an earlier run: the folders of `redis` and `embedded`."""
    shops = {kind: f"{options.folder}/{kind}-{options.users}-{options.items}" for kind in ("redis", "embedded")}

    def bench(kind, store, *more):
        subprocess.run([options.martlet, "bench", "online", shops[kind], "--users", str(options.users), "--items",
                        str(options.items), "--store", store, "--index", options.index, *more], check=True)

    url = f"redis://127.0.0.1:{redis_port}"
    if os.path.exists(f"{shops['redis']}/done"):
        # The features of an earlier run went with its Redis.
        bench("redis", url, "--features-only")
        return shops
    print("making the shop", file=sys.stderr, flush=True)
    bench("redis", url)
    shutil.copytree(shops["redis"], shops["embedded"])
    bench("embedded", "rocksdb", "--features-only")
    open(f"{shops['redis']}/done", "w").close()
    return shops


def prepare_peer(shop, redis_port, **more):
    """Loads the features of online/peer.py into Redis and builds its graph; the environment of what runs it."""
    print("loading the peer's features, building its graph", file=sys.stderr, flush=True)
    environment = {**os.environ, "ONLINE_SHOP": shop, "ONLINE_REDIS": str(redis_port), **more}
    subprocess.run([sys.executable, f"{os.path.dirname(os.path.abspath(__file__))}/peer.py"], check=True,
                   env={**environment, "ONLINE_PREPARE": "1"})
    return environment
