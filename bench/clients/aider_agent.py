"""Aider, without a terminal, against Mooring's chat completions."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request

from checks import KEY, MODEL, URL, check, equal

LONGEST_RUN_SECONDS = 180


def script(**standing):
    request = urllib.request.Request(
        os.environ["CLIENT_ENGINE_URL"] + "/simulator/script",
        data=json.dumps({"default": standing}).encode(),
        headers={"content-type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=30).read()


def aider(folder, message, key=KEY):
    command = [sys.executable, "-m", "aider", "--model", "openai/" + MODEL]
    command += ["--openai-api-base", URL + "/v1", "--openai-api-key", key]
    command += ["--yes-always", "--no-git", "--no-check-update", "--no-show-model-warnings"]
    command += ["--edit-format", "whole", "--no-pretty", "--analytics-disable"]
    command += ["--message", message, "hello.txt"]
    result = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "HOME": folder, "PYTHONPATH": os.path.dirname(os.path.abspath(__file__))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST_RUN_SECONDS,
    )
    return result.stdout + result.stderr


@check("edits a file")
def _():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "hello.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write("hello\n")
        script(text="Here it is.\n\nhello.txt\n```\nkia ora, 世界\n```\n")
        said = aider(folder, "Say it in Māori.")
        with open(path, encoding="utf-8") as file:
            found = file.read()
        if found != "kia ora, 世界\n":
            raise AssertionError(found + said[-300:])


@check("a wrong key is told as such")
def _():
    with tempfile.TemporaryDirectory() as folder:
        said = aider(folder, "Say it in Māori.", key="wrong")
        if "AuthenticationError" not in said:
            raise AssertionError(said[-300:])
