"""Runs a server once from start to stop, with a plain and a streamed request in between.

Usage: rehearse.py COMMAND...
The server gets a data folder of its own and none of the caller's settings.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

READY_SECONDS = 20
ANSWER_SECONDS = 10
STOP_SECONDS = 30


def main() -> None:
    settings = {k: v for k, v in os.environ.items() if not k.startswith("MOORING_")}
    with tempfile.TemporaryDirectory(prefix="mooring-rehearsal-") as folder:
        os.chmod(folder, 0o755)  # The database runs as another user and must get through.
        server = subprocess.Popen([*sys.argv[1:], "--data-dir", folder], env=settings)
        try:
            url = ready_address(server, folder)
            if "--catalog" not in sys.argv:  # Nobody's own engines are bothered.
                converse(url, first_key(folder))
        except (OSError, ValueError, LookupError) as problem:
            # A start without an answer still teaches the cache most of what it needs.
            print(f"rehearse: {problem!r}", flush=True)
        finally:
            stop(server)


def ready_address(server: subprocess.Popen, folder: str) -> str:
    """Waits until the server says that it is ready, and returns its base URL."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with open(os.path.join(folder, "state.json"), encoding="utf-8") as file:
                state = json.load(file)
            if state["state"] == "ready":
                return state["baseUrl"].rstrip("/").removesuffix("/v1")
        except FileNotFoundError:
            pass
        time.sleep(0.05)
    raise OSError(f"not ready (exit code {server.poll()})")


def first_key(folder: str) -> str:
    with open(os.path.join(folder, "first-key"), encoding="utf-8") as file:
        return file.read().strip()


def converse(url: str, key: str) -> None:
    """Lists the models and asks the first one a plain and a streamed question."""
    model = json.loads(call(url + "/v1/models", key))["data"][0]["id"]
    for stream in (False, True):
        question = {
            "model": model,
            "messages": [{"role": "user", "content": "Say hello."}],
            "max_tokens": 8,
            "stream": stream,
        }
        call(url + "/v1/chat/completions", key, json.dumps(question).encode())


def call(url: str, key: str, body: bytes | None = None) -> bytes:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    # Never through a proxy: the server is on this machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, data=body, headers=headers)
    with direct.open(request, timeout=ANSWER_SECONDS) as answer:
        return answer.read()


def stop(server: subprocess.Popen) -> None:
    """Lets the server end and write its cache; kills it when it does not."""
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
