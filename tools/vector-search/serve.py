#!/usr/bin/env python3
"""Measures a server with a large foundation: start, memory, and retrieval over HTTP.

    serve.py PROGRAM FOLDER

PROGRAM is the release build of smart-steps, FOLDER what corpus.py wrote. Makes FOLDER/server.db with one
persona that has all documents (once), then starts the server, asks POST /personas/{id}/retrieve at a
constant rate from a few connections, and prints ready time, resident memory and latency percentiles.
A request's time runs from the instant at which it was due, so that waiting counts.
"""

import argparse
import http.client
import json
import os
import queue
import random
import signal
import subprocess
import threading
import time
from pathlib import Path



def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:"))


def start(program, database, port):
    environment = dict(os.environ, SMART_STEPS__DATABASE__PATH=str(database), SMART_STEPS__LOG__FILTER="warn",
                       SMART_STEPS__HTTP__LISTEN=f"127.0.0.1:{port}")
    begun = time.perf_counter()
    server = subprocess.Popen([str(program), "serve"], env=environment, stdout=subprocess.DEVNULL)
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return server, time.perf_counter() - begun
        except OSError:
            pass
        if server.poll() is not None:
            raise SystemExit("the server ended")
        time.sleep(0.005)


def stop(server, how=signal.SIGTERM):
    begun = time.perf_counter()
    server.send_signal(how)
    server.wait()
    return time.perf_counter() - begun


def load(port, key, persona, queries, rate, seconds, workers=8):
    due, times, failed = queue.Queue(), [], []

    def work():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        while True:
            item = due.get()
            if item is None:
                return
            at, query = item
            connection.request("POST", f"/api/v1/personas/{persona}/retrieve", json.dumps({"query": query, "k": 10}), headers)
            answer = connection.getresponse()
            body = answer.read()
            times.append((time.perf_counter() - at) * 1000)
            if answer.status != 200:
                failed.append((answer.status, body[:200]))

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    begun = time.perf_counter()
    for at in range(int(rate * seconds)):
        instant = begun + at / rate
        wait = instant - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        due.put((instant, queries[at % len(queries)]))
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join()
    times.sort()
    at = lambda p: times[min(int(len(times) * p), len(times) - 1)]
    return {"requests": len(times), "failed": failed[:3], "p50": at(0.5), "p95": at(0.95), "p99": at(0.99)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--port", type=int, default=18_471)
    args = parser.parse_args()
    args.program = args.program.resolve()
    database = args.folder / "server.db"
    key_file = args.folder / "server.key"
    environment = dict(os.environ, SMART_STEPS__DATABASE__PATH=str(database), SMART_STEPS__LOG__FILTER="warn",
                       SMART_STEPS__LIMITS__DOCUMENTS_PER_PERSONA="10000",
                       # Short passages, so that the texts of one machine give 100,000.
                       SMART_STEPS__MEMORY__PASSAGE_MIN_WORDS="30", SMART_STEPS__MEMORY__PASSAGE_MAX_WORDS="80")

    def command(*words):
        done = subprocess.run([str(args.program), *words], env=environment, check=True, capture_output=True, text=True)
        return done.stdout

    if not key_file.exists():
        command("tenant", "create", "--id", "bench", "Bench")
        key_file.write_text(command("key", "create", "--tenant", "bench", "--label", "bench").split()[-1])
        key = key_file.read_text()
        server, _ = start(args.program, database, args.port)
        connection = http.client.HTTPConnection("127.0.0.1", args.port)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("GET", "/api/v1/personas/therapist", headers=headers)
        profile = json.loads(connection.getresponse().read())["profile"]
        connection.request("POST", "/api/v1/personas", json.dumps({"id": "librarian", "profile": profile}), headers)
        answer = connection.getresponse()
        print("persona:", answer.status, answer.read()[:200] if answer.status >= 300 else "")
        stop(server)
        begun = time.perf_counter()
        documents = sorted(map(str, (args.folder / "documents").glob("*.md")))
        lines = command("ingest", "--tenant", "bench", "--persona", "librarian", *documents)
        spent = time.perf_counter() - begun
        chunks = sum(int(line.split(": ")[1].split()[0]) for line in lines.splitlines())
        print(f"ingest: {len(documents)} documents, {chunks} passages in {spent:.1f} s")
    key = key_file.read_text()
    with open(args.folder / "passages.jsonl", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    pick = random.Random(7)
    queries = []
    for text in pick.sample(texts, 2000):
        words = text.split()
        at = pick.randrange(max(len(words) - 10, 1))
        queries.append(" ".join(words[at : at + pick.randint(5, 12)]))
    server, ready = start(args.program, database, args.port)
    print(f"ready after {ready:.2f} s, {resident(server.pid):.0f} MiB")
    load(args.port, key, "librarian", queries, args.rate, 3)
    print(json.dumps(load(args.port, key, "librarian", queries, args.rate, args.seconds)))
    print(f"{resident(server.pid):.0f} MiB after load; stopped in {stop(server):.2f} s")
    server, ready = start(args.program, database, args.port)
    print(f"second start: ready after {ready:.2f} s, {resident(server.pid):.0f} MiB")
    stop(server, signal.SIGKILL)
    server, ready = start(args.program, database, args.port)
    print(f"after kill -9: ready after {ready:.2f} s")
    stop(server)


if __name__ == "__main__":
    main()
