"""Runs in a pod: two clients ask an endpoint, for as long as the pod lives, and write down the answers.

    python -c SCRIPT URL BODY FILE

A line of the file is `TIME ID` for a prediction that was answered, and `TIME - REASON` for a request that was not, with
the time of its end.
"""

import json
import os
import sys
import threading
import time

import httpx

url, body, path = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
headers = {"Authorization": f"Bearer {os.environ['CAPSTAN_TOKEN']}"}
file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)  # a line that is written stays when this is killed


def ask() -> None:
    # A connection for each request: one that is kept would lead to a pod that is gone.
    while True:
        try:
            reply = httpx.post(url, json=body, headers=headers, timeout=5)
            [row] = reply.raise_for_status().json()["predictions"]
            outcome = row["prediction_id"]
        except httpx.HTTPStatusError as error:
            outcome = f"- {error.response.status_code} {error.response.text[:200]!r}"
        except httpx.HTTPError as error:
            outcome = f"- {type(error).__name__} {str(error)[:200]!r}"
        os.write(file, f"{time.time():.3f} {outcome}\n".encode())
        time.sleep(0.1)


for _ in range(2):
    threading.Thread(target=ask).start()
