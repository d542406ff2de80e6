"""In a pod: clients that ask a Service for the flight in argv without pause, until standard input ends.

Half of them keep their connection, the others open one for each request, which a Service leads to any pod. Prints the
ids of the answers, the versions that gave them, and each failure, as JSON.
"""

import itertools
import json
import sys
import threading
from collections import Counter
from pathlib import Path

import httpx

options = json.loads(sys.argv[1])
TOKEN = Path("/etc/capstan/secrets/capstan-registry/CAPSTAN_TOKEN")  # read for each request: it may be changed
url, body = options["url"], {"instances": [options["flight"]]}
ids, versions, failures, stop = [], Counter(), Counter(), threading.Event()


def ask(client, number: int, count: int) -> None:
    headers = {"authorization": f"Bearer {TOKEN.read_text()}", "x-capstan-key": f"{number}-{count}"}
    try:
        reply = client.post(url, json=body, headers=headers)
    except httpx.HTTPError as error:
        failures[f"{'kept' if number % 2 else 'new'} connection: {error!r}"] += 1
        stop.wait(0.2)
        return
    if reply.is_success:
        for row in reply.json()["predictions"]:
            ids.append(row["prediction_id"])
            versions[row["model_version"]] += 1
    else:
        failures[f"{reply.status_code} {reply.text[:200]}"] += 1
        stop.wait(0.2)


def run(number: int) -> None:
    kept = httpx.Client(timeout=30)
    for count in itertools.count():
        if number % 2:
            ask(kept, number, count)
        else:
            with httpx.Client(timeout=30) as client:
                ask(client, number, count)
        if stop.wait(options["pause"]):
            return


threads = [threading.Thread(target=run, args=(number,)) for number in range(options["clients"])]
for thread in threads:
    thread.start()
print("started", file=sys.stderr, flush=True)
sys.stdin.read()
stop.set()
for thread in threads:
    thread.join()
print(json.dumps({"ids": ids, "versions": versions, "failures": failures}))
