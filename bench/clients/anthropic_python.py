"""Anthropic's Python SDK against Mooring."""

import json

import anthropic

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
    order,
    raises,
)

TOOLS = [{"name": "weather", "description": "Tells it.", "input_schema": WEATHER_SCHEMA}]


def client_at(base, key):
    return anthropic.Anthropic(base_url=base, api_key=key, max_retries=0, timeout=60)


client = client_at(URL + "/anthropic", KEY)


def say(content, client=client, **options):
    options.setdefault("max_tokens", 500)
    return client.messages.create(
        model=MODEL, messages=[{"role": "user", "content": content}], **options
    )


@check("messages at both paths")
def _():
    for base in (URL + "/anthropic", URL):
        answer = say(order(text=TEXT), client=client_at(base, KEY))
        equal(answer.content[0].text, TEXT)
        equal(answer.stop_reason, "end_turn")
        equal(answer.usage.input_tokens > 0, True)


@check("bearer key")
def _():
    bearer = anthropic.Anthropic(base_url=URL, api_key=None, auth_token=KEY, max_retries=0)
    equal(say(order(text="a"), client=bearer).content[0].text, "a")


@check("stream")
def _():
    with client.messages.stream(
        model=MODEL,
        max_tokens=500,
        messages=[{"role": "user", "content": order(text=TEXT)}],
    ) as stream:
        start = None
        for event in stream:
            if event.type == "message_start":
                start = event.message.usage.input_tokens
        final = stream.get_final_message()
    equal(final.content[0].text, TEXT)
    equal(final.usage.output_tokens > 0, True)
    equal(final.usage.input_tokens > 0, True)
    equal(start > 0, True)


@check("thinking, and back in history")
def _():
    with client.messages.stream(
        model=MODEL,
        max_tokens=8000,
        thinking={"type": "enabled", "budget_tokens": 2000},
        messages=[{"role": "user", "content": order(text="so", reasoning_tokens=5)}],
    ) as stream:
        final = stream.get_final_message()
    equal([block.type for block in final.content], ["thinking", "text"])
    equal(bool(final.content[0].thinking), True)
    again = client.messages.create(
        model=MODEL,
        max_tokens=100,
        messages=[
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": final.content},
            {"role": "user", "content": order(text="more")},
        ],
    )
    equal(again.content[0].text, "more")


@check("system and cache_control")
def _():
    answer = client.messages.create(
        model=MODEL,
        max_tokens=100,
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        messages=[
            {
                "role": "user",
                "content": [
                    {
                        "type": "text",
                        "text": order(text="yes"),
                        "cache_control": {"type": "ephemeral", "ttl": "1h"},
                    }
                ],
            }
        ],
    )
    equal(answer.content[0].text, "yes")


@check("tools")
def _():
    answer = say(order(text="Let me see.", tool_calls=[CALL]), tools=TOOLS)
    equal(answer.stop_reason, "tool_use")
    use = [block for block in answer.content if block.type == "tool_use"][0]
    equal(use.input, CALL["arguments"])
    after = client.messages.create(
        model=MODEL,
        max_tokens=100,
        tools=TOOLS,
        messages=[
            {"role": "user", "content": "Weather?"},
            {"role": "assistant", "content": answer.content},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": use.id, "content": "rain"},
                    {"type": "text", "text": order(text="It rains.")},
                ],
            },
        ],
    )
    equal(after.content[0].text, "It rains.")


@check("tools, streamed in parallel")
def _():
    with client.messages.stream(
        model=MODEL,
        max_tokens=500,
        tools=TOOLS,
        messages=[{"role": "user", "content": order(text="", tool_calls=[CALL, CALL])}],
    ) as stream:
        final = stream.get_final_message()
    uses = [block for block in final.content if block.type == "tool_use"]
    equal([use.input for use in uses], [CALL["arguments"], CALL["arguments"]])
    equal(len({use.id for use in uses}), 2)


@check("tool choice: any, named")
def _():
    for choice in ({"type": "any"}, {"type": "tool", "name": "weather"}):
        answer = say("Weather?", tools=TOOLS, tool_choice=choice)
        equal(answer.content[-1].name, "weather")


@check("structured output")
def _():
    answer = say(
        "Weather?",
        extra_body={"output_config": {"format": {"type": "json_schema", "schema": WEATHER_SCHEMA}}},
    )
    equal(sorted(json.loads(answer.content[0].text)), ["city", "days"])


@check("token count at both paths")
def _():
    for base in (URL + "/anthropic", URL):
        count = client_at(base, KEY).messages.count_tokens(
            model=MODEL, messages=[{"role": "user", "content": "the contract of 2026"}]
        )
        equal(count.input_tokens, 8)


@check("401 AuthenticationError")
def _():
    raises(
        anthropic.AuthenticationError,
        401,
        lambda: say("a", client=client_at(URL + "/anthropic", "wrong")),
    )


@check("404 NotFoundError")
def _():
    error = raises(
        anthropic.NotFoundError,
        404,
        lambda: client.messages.create(
            model="nothing", max_tokens=9, messages=[{"role": "user", "content": "a"}]
        ),
    )
    equal(error.body["error"]["type"], "not_found_error")
    equal(bool(error.request_id), True)


@check("400 BadRequestError")
def _():
    raises(anthropic.BadRequestError, 400, lambda: say("a", max_tokens=-1))
    raises(anthropic.BadRequestError, 400, lambda: say("word " * 150_000))


@check("402 APIStatusError: no money")
def _():
    try:
        say("a", client=client_at(URL, POOR_KEY))
    except anthropic.APIStatusError as error:
        equal(error.status_code, 402)
        equal(error.body["error"]["type"], "billing_error")
    else:
        raise AssertionError("no error (expected: APIStatusError)")


@check("429 RateLimitError: limit")
def _():
    limited = client_at(URL, LIMITED_KEY)

    def twice():
        for _ in range(2):
            say(order(text="a"), client=limited)

    raises(anthropic.RateLimitError, 429, twice)


@check("error before the first token of a stream is an HTTP error")
def _():
    try:
        for _ in say(order(http_error=500), stream=True):
            pass
    except anthropic.APIStatusError as error:
        equal(error.status_code >= 500, True)
    else:
        raise AssertionError("no error (expected: APIStatusError)")


@check("error inside a stream")
def _():
    try:
        for _ in say(order(output_tokens=20, cut_after_tokens=5), stream=True):
            pass
    except anthropic.APIError:
        return
    raise AssertionError("a clean end on half an answer (expected: APIError)")
