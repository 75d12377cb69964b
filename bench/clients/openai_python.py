"""OpenAI's Python SDK against Mooring."""

import json

import openai
from pydantic import BaseModel

from checks import (
    CALL,
    KEY,
    LIMITED_KEY,
    MODEL,
    POOR_KEY,
    TEXT,
    URL,
    WEATHER_SCHEMA,
    check,
    equal,
    first_of,
    order,
    raises,
)

BASE = URL + "/v1"
client = openai.OpenAI(base_url=BASE, api_key=KEY, max_retries=0, timeout=60)
TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": WEATHER_SCHEMA}}
]


def say(content, **options):
    return client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": content}], **options
    )


def with_key(key):
    return openai.OpenAI(base_url=BASE, api_key=key, max_retries=0, timeout=60)


@check("models")
def _():
    equal(MODEL in [model.id for model in client.models.list()], True)
    equal(client.models.retrieve(MODEL).id, MODEL)


@check("chat")
def _():
    answer = say(
        order(text=TEXT),
        max_completion_tokens=500,
        service_tier="auto",
        metadata={"purpose": "check"},
        prompt_cache_key="session-1",
        user="someone",
    )
    equal(answer.choices[0].message.content, TEXT)
    equal(answer.choices[0].finish_reason, "stop")
    equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens)
    equal(answer.service_tier, "default")


@check("stream")
def _():
    text, usage, finish = "", None, None
    for chunk in say(order(text=TEXT), stream=True, stream_options={"include_usage": True}):
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
    equal(text, TEXT)
    equal(finish, "stop")
    equal(usage.completion_tokens > 0, True)


@check("several choices, logprobs")
def _():
    answer = say(order(output_tokens=4), n=2, logprobs=True, top_logprobs=2)
    equal([choice.index for choice in answer.choices], [0, 1])
    equal(len(answer.choices[0].logprobs.content), 4)


@check("reasoning, and back in history")
def _():
    answer = say(order(text="so", reasoning_tokens=5))
    message = answer.choices[0].message
    equal(bool(message.reasoning_content), True)
    equal(message.reasoning_content, message.reasoning)
    equal(answer.usage.completion_tokens_details.reasoning_tokens, 5)
    again = client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "user", "content": "a"},
            message.model_dump(exclude_none=True),
            {"role": "user", "content": order(text="more")},
        ],
    )
    equal(again.choices[0].message.content, "more")


@check("tools")
def _():
    answer = say(order(text="", tool_calls=[CALL]), tools=TOOLS, tool_choice="auto")
    message = answer.choices[0].message
    equal(answer.choices[0].finish_reason, "tool_calls")
    equal(message.tool_calls[0].function.name, "weather")
    equal(json.loads(message.tool_calls[0].function.arguments), CALL["arguments"])
    after = client.chat.completions.create(
        model=MODEL,
        tools=TOOLS,
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": "Weather?"},
            message,
            {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "rain"},
            {"role": "user", "content": order(text="It rains.")},
        ],
    )
    equal(after.choices[0].message.content, "It rains.")


@check("tools, streamed in parallel")
def _():
    calls = {}
    with client.chat.completions.stream(
        model=MODEL,
        messages=[{"role": "user", "content": order(text="", tool_calls=[CALL, CALL])}],
        tools=TOOLS,
    ) as stream:
        for event in stream:
            if event.type == "tool_calls.function.arguments.done":
                calls[event.index] = json.loads(event.arguments)
        final = stream.get_final_completion()
    equal(calls, {0: CALL["arguments"], 1: CALL["arguments"]})
    ids = [call.id for call in final.choices[0].message.tool_calls]
    equal(len(set(ids)), 2)


@check("tool choice: required, named")
def _():
    for choice in ("required", {"type": "function", "function": {"name": "weather"}}):
        answer = say("Weather?", tools=TOOLS, tool_choice=choice, max_tokens=100)
        equal(answer.choices[0].message.tool_calls[0].function.name, "weather")


class Weather(BaseModel):
    city: str
    days: int


@check("structured output")
def _():
    answer = client.chat.completions.parse(
        model=MODEL, messages=[{"role": "user", "content": "Weather?"}], response_format=Weather
    )
    equal(isinstance(answer.choices[0].message.parsed, Weather), True)


@check("401 AuthenticationError")
def _():
    error = raises(
        openai.AuthenticationError,
        401,
        lambda: with_key("mk-wrong").models.list(),
    )
    equal(error.code, "invalid_api_key")
    equal(bool(error.request_id), True)


@check("404 NotFoundError")
def _():
    raises(
        openai.NotFoundError,
        404,
        lambda: client.chat.completions.create(
            model="nothing", messages=[{"role": "user", "content": "a"}]
        ),
    )


@check("400 BadRequestError")
def _():
    error = raises(openai.BadRequestError, 400, lambda: say("a", temperature=9))
    equal(error.param, "temperature")
    error = raises(openai.BadRequestError, 400, lambda: say("word " * 150_000))
    equal(error.code, "context_length_exceeded")


@check("429 RateLimitError: no money")
def _():
    error = raises(
        openai.RateLimitError,
        429,
        lambda: with_key(POOR_KEY).chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "a"}]
        ),
    )
    equal(error.type, "insufficient_quota")
    equal(error.response.headers["x-should-retry"], "false")


@check("429 RateLimitError: limit")
def _():
    limited = with_key(LIMITED_KEY)

    def twice():
        for _ in range(2):
            limited.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": order(text="a")}]
            )

    error = raises(openai.RateLimitError, 429, twice)
    equal(error.code, "rpm_exceeded")
    equal(int(error.response.headers["retry-after"]) > 0, True)


@check("InternalServerError from the engine, streamed or not")
def _():
    for stream in (False, True):
        try:
            first_of(say(order(http_error=500), stream=stream))
        except openai.InternalServerError as error:
            equal(error.status_code >= 500, True)
        else:
            raise AssertionError("no error (expected: InternalServerError)")


@check("APIError inside a stream")
def _():
    try:
        first_of(say(order(output_tokens=20, cut_after_tokens=5), stream=True))
    except openai.APIError:
        return
    raise AssertionError("a clean end on half an answer (expected: APIError)")


@check("APITimeoutError")
def _():
    try:
        say(order(text="a", first_token_after_ms=5000), timeout=1.0)
    except openai.APITimeoutError:
        return
    raise AssertionError("no error (expected: APITimeoutError)")

