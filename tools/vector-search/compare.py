#!/usr/bin/env python3
"""Measures the engine's vector indexes beside hnswlib, usearch and faiss on the same vectors.

One core, one query at a time, all contenders in turns: in every round each of them answers the same
queries once, so that whatever else the machine does falls on all alike. Recall@10 is counted against
the exact neighbours in f32. Times are medians over the rounds of the mean per query; the other
libraries get their queries in one call on one thread, so that Python costs them nothing. Build time is
processor time of one thread, memory is what the process grew by (ours) or what the library says or the
process grew by (others).

Needs numpy, hnswlib, usearch and faiss-cpu from PyPI and the engine's benchmark program
(cargo build --release --bench vector_search). Writes one JSON object per set and prints tables.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

K = 10
LINKS, EF_CONSTRUCTION = 16, 200
EFS = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
MARGINS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)


def resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Engine:
    """The engine's indexes, in a process of their own."""

    def __init__(self, program, path, dimensions, count, queries):
        command = [str(program.resolve()), "serve", str(path), str(dimensions), str(count), str(queries)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"the engine's program ended at {line!r}")
        return json.loads(answer)

    def contender(self, kind, parameters):
        return EngineIndex(self, kind, parameters)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class EngineIndex:
    def __init__(self, engine, kind, parameters):
        self.engine, self.name, self.parameters = engine, kind, parameters

    def build(self, _):
        answer = self.engine.ask(f"build {self.name}")
        return answer["seconds"], answer["bytes"]

    def search(self, _, parameter, start, end):
        answer = self.engine.ask(f"search {self.name} {parameter} {K} {start} {end}")
        return sum(answer["micros"]) / len(answer["micros"]), answer["found"]


class Library:
    """Another library: `make` builds an index, `find` answers a batch."""

    parameters = EFS

    def build(self, base):
        before, start = resident(), time.process_time()
        self.make(base)
        return time.process_time() - start, max(resident() - before, 0)

    def search(self, queries, parameter, start, end):
        self.tune(parameter)
        batch = queries[start:end]
        begun = time.perf_counter_ns()
        found = self.find(batch)
        spent = (time.perf_counter_ns() - begun) / 1000 / len(batch)
        return spent, np.asarray(found).tolist()


class Hnswlib(Library):
    name = "hnswlib"

    def make(self, base):
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=base.shape[1])
        self.index.init_index(max_elements=len(base), M=LINKS, ef_construction=EF_CONSTRUCTION)
        self.index.set_num_threads(1)
        self.index.add_items(base, num_threads=1)

    def tune(self, ef):
        self.index.set_ef(ef)

    def find(self, batch):
        return self.index.knn_query(batch, k=K, num_threads=1)[0]


class Usearch(Library):
    def __init__(self, kind):
        self.kind, self.name = kind, f"usearch {kind}"

    def make(self, base):
        from usearch.index import Index

        self.index = Index(ndim=base.shape[1], metric="ip", dtype=self.kind, connectivity=LINKS,
                           expansion_add=EF_CONSTRUCTION)
        self.index.add(np.arange(len(base)), base, threads=1)

    def tune(self, ef):
        self.index.expansion_search = ef

    def find(self, batch):
        return self.index.search(batch, K, threads=1).keys


class Faiss(Library):
    name = "faiss HNSW"

    def make(self, base):
        import faiss

        faiss.omp_set_num_threads(1)
        self.index = faiss.IndexHNSWFlat(base.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = EF_CONSTRUCTION
        self.index.add(base)

    def tune(self, ef):
        self.index.hnsw.efSearch = ef

    def find(self, batch):
        return self.index.search(batch, K)[1]


def measure(args, dimensions, count):
    rows = np.fromfile(args.vectors, dtype="<f4").reshape(-1, dimensions)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    base, queries = np.ascontiguousarray(rows[:count]), np.ascontiguousarray(rows[-args.queries :])
    truth = np.argsort(-(queries @ base.T), axis=1)[:, :K].tolist()
    engine = Engine(args.program, args.vectors, dimensions, count, args.queries)
    contenders = [engine.contender("exact", (0,)), engine.contender("staged", MARGINS),
                  engine.contender("auto", (0,))]
    if count <= args.graph_up_to:
        contenders.append(engine.contender("hnsw", EFS))
    if count <= args.plain_up_to:
        contenders.append(engine.contender("hnsw_rs-l2", EFS))
    contenders += [Hnswlib(), Usearch("bf16"), Faiss()]
    if args.only:
        contenders = [contender for contender in contenders if contender.name in args.only]
    built = {}
    for contender in contenders:
        built[contender.name] = contender.build(base)
        print(f"built {contender.name} over {count} x {dimensions}", file=sys.stderr, flush=True)
    if args.pause:
        print("ready", flush=True)
        sys.stdin.readline()
    # Every contender and setting once to warm up, and for the recall.
    recall, times = {}, {}
    for contender in contenders:
        for parameter in contender.parameters:
            _, found = contender.search(queries, parameter, 0, args.queries)
            hits = sum(len(set(f) & set(t)) for f, t in zip(found, truth))
            recall[contender.name, parameter] = hits / (K * len(truth))
            times[contender.name, parameter] = []
    part = args.queries // args.rounds
    for turn in range(args.rounds):
        for contender in contenders:
            for parameter in contender.parameters:
                spent, _ = contender.search(queries, parameter, turn * part, (turn + 1) * part)
                times[contender.name, parameter].append(spent)
    engine.close()
    points = [{"name": name, "parameter": parameter, "recall": recall[name, parameter],
               "micros": float(np.median(values))} for (name, parameter), values in times.items()]
    result = {"dimensions": dimensions, "count": count, "points": points,
              "built": {name: {"seconds": s, "bytes": b} for name, (s, b) in built.items()}}
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / f"{args.vectors.stem}-{count}.json").write_text(json.dumps(result, indent=1))


def table(folder: Path):
    """Markdown: for each set and contender the fastest point at recall 0.95 and at 0.98."""
    for path in sorted(folder.glob("*.json"), key=lambda p: (p.stem.rsplit("-")[0], int(p.stem.rsplit("-", 1)[1]))):
        result = json.loads(path.read_text())
        print(f"\n### {result['dimensions']} components, {result['count']:,} vectors ({path.stem})\n")
        print("| index | µs at recall ≥ 0.95 | recall there | µs at recall ≥ 0.98 | recall there | build, CPU s | memory, MB |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for name, built in result["built"].items():
            cells = []
            for bound in (0.95, 0.98):
                good = [p for p in result["points"] if p["name"] == name and p["recall"] >= bound]
                best = min(good, key=lambda p: p["micros"], default=None)
                cells += [f"{best['micros']:.0f}", f"{best['recall']:.3f}"] if best else ["not reached", "–"]
            print(f"| {name} | {' | '.join(cells)} | {built['seconds']:.1f} | {built['bytes'] / 1e6:.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=Path, help="rows of little-endian f32")
    parser.add_argument("--dimensions", type=int)
    parser.add_argument("--counts", type=int, nargs="*", default=[1000, 10_000, 20_000, 50_000, 100_000])
    parser.add_argument("--queries", type=int, default=1000, help="the last rows")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--program", type=Path, help="the engine's benchmark program")
    parser.add_argument("--plain-up-to", type=int, default=20_000, help="measure hnsw_rs as it comes up to this size")
    parser.add_argument("--graph-up-to", type=int, default=100_000, help="measure the engine's graph up to this size")
    parser.add_argument("--only", nargs="*", help="measure only the indexes of these names")
    parser.add_argument("--pause", action="store_true", help="say `ready` and wait for a line before measuring")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--table", action="store_true", help="only print the tables of OUT")
    args = parser.parse_args()
    if not args.table:
        for count in args.counts:
            measure(args, args.dimensions, count)
    table(args.out)


if __name__ == "__main__":
    main()
