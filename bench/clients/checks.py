"""What every Python client's checks share: one line of JSON for each check."""

import json
import os
import sys
import traceback

URL = os.environ["CLIENT_URL"]
KEY = os.environ["CLIENT_KEY"]
POOR_KEY = os.environ["CLIENT_POOR_KEY"]
LIMITED_KEY = os.environ["CLIENT_LIMITED_KEY"]
MODEL = os.environ["CLIENT_MODEL"]

TEXT = "Kia ora, 世界 👋🏽"

WEATHER_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
CALL = {"name": "weather", "arguments": {"city": "Ōtepoti", "days": 3}}


def order(**directive):
    """A prompt that tells the simulated engine what to answer."""
    return "[[simulate " + json.dumps(directive) + "]]"


def check(name):
    """Runs the function at once; what it raises is the finding."""

    def run(function):
        found = "ok"
        try:
            function()
        except Exception as trouble:  # Every failure is one line of the report.
            where = traceback.extract_tb(trouble.__traceback__)[-1]
            found = f"{type(trouble).__name__}: {trouble} (line {where.lineno})"
        line = {"check": name, "ok": found == "ok", "found": " ".join(found.split())[:400]}
        print(json.dumps(line), flush=True)

    return run


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r} (expected: {expected!r})")


def raises(kind, status, call):
    """The call must fail with this class of error and this status."""
    try:
        call()
    except kind as error:
        equal(getattr(error, "status_code", None), status)
        return error
    raise AssertionError(f"no error (expected: {kind.__name__})")


def first_of(stream):
    for _ in stream:
        pass
