"""LangChain's chat models of both dialects against Mooring."""

import anthropic
import openai
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from checks import CALL, KEY, MODEL, TEXT, URL, check, equal, order, raises

MODELS = {
    "ChatOpenAI": lambda key=KEY, name=MODEL: ChatOpenAI(
        model=name, base_url=URL + "/v1", api_key=key, max_retries=0, stream_usage=True
    ),
    "ChatAnthropic": lambda key=KEY, name=MODEL: ChatAnthropic(
        model=name, base_url=URL + "/anthropic", api_key=key, max_retries=0, max_tokens=500
    ),
}


@tool
def weather(city: str, days: int) -> str:
    """Tells the weather."""
    return f"{days} days of rain in {city}"


class Weather(BaseModel):
    """A forecast."""

    city: str
    days: int


def text_of(message):
    content = message.content
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


for name, make in MODELS.items():
    model = make()

    @check(name + ": chat")
    def _():
        answer = model.invoke(order(text=TEXT))
        equal(text_of(answer), TEXT)
        equal(answer.usage_metadata["output_tokens"] > 0, True)

    @check(name + ": stream")
    def _():
        whole = None
        for piece in model.stream(order(text=TEXT)):
            whole = piece if whole is None else whole + piece
        equal(text_of(whole), TEXT)
        equal(whole.usage_metadata["input_tokens"] > 0, True)
        equal(
            whole.usage_metadata["total_tokens"],
            whole.usage_metadata["input_tokens"] + whole.usage_metadata["output_tokens"],
        )

    @check(name + ": tools and their results")
    def _():
        bound = model.bind_tools([weather])
        question = HumanMessage(order(text="", tool_calls=[CALL]))
        answer = bound.invoke([question])
        equal(answer.tool_calls[0]["args"], CALL["arguments"])
        result = ToolMessage(weather.invoke(CALL["arguments"]), tool_call_id=answer.tool_calls[0]["id"])
        after = bound.invoke([question, answer, result, HumanMessage(order(text="It rains."))])
        equal(text_of(after), "It rains.")

    @check(name + ": tools, streamed")
    def _():
        whole = None
        for piece in model.bind_tools([weather]).stream(order(text="", tool_calls=[CALL])):
            whole = piece if whole is None else whole + piece
        equal(whole.tool_calls[0]["args"], CALL["arguments"])

    @check(name + ": structured output")
    def _():
        for method in ("json_schema", "function_calling"):
            found = model.with_structured_output(Weather, method=method).invoke("Weather?")
            equal(type(found).__name__, "Weather")

    @check(name + ": 401 and 404 by their classes")
    def _():
        kinds = openai if name == "ChatOpenAI" else anthropic
        raises(kinds.AuthenticationError, 401, lambda: make(key="wrong").invoke("a"))
        error = raises(kinds.NotFoundError, 404, lambda: make(name="nothing").invoke("a"))
        equal(error.status_code, 404)
