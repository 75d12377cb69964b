// OpenAI's Node SDK against Mooring.

import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import {
  CALL, KEY, LIMITED_KEY, MODEL, POOR_KEY, TEXT, URL, WEATHER_SCHEMA, check, equal, order, rejects,
} from './checks.mjs';

const at = (apiKey) =>
  new OpenAI({ baseURL: `${URL}/v1`, apiKey, maxRetries: 0, timeout: 60_000 });
const client = at(KEY);
const TOOLS = [{ type: 'function', function: { name: 'weather', parameters: WEATHER_SCHEMA } }];

const say = (content, options = {}, from = client) =>
  from.chat.completions.create({ model: MODEL, messages: [{ role: 'user', content }], ...options });

async function drain(stream) {
  for await (const _ of await stream);
}

await check('models', async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  equal(ids.includes(MODEL), true);
});

await check('chat', async () => {
  const answer = await say(order({ text: TEXT }), {
    max_completion_tokens: 500, service_tier: 'auto', metadata: { purpose: 'check' },
    prompt_cache_key: 'session-1', store: false,
  });
  equal(answer.choices[0].message.content, TEXT);
  equal(answer.choices[0].finish_reason, 'stop');
});

await check('stream', async () => {
  let text = '';
  let usage;
  const stream = await say(order({ text: TEXT }), {
    stream: true, stream_options: { include_usage: true },
  });
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? '';
    usage = chunk.usage ?? usage;
  }
  equal(text, TEXT);
  equal(usage.completion_tokens > 0, true);
});

await check('several choices, logprobs', async () => {
  const answer = await say(order({ output_tokens: 4 }), { n: 2, logprobs: true, top_logprobs: 2 });
  equal(answer.choices.map((choice) => choice.logprobs.content.length), [4, 4]);
});

await check('tools and their results', async () => {
  const answer = await say(order({ text: '', tool_calls: [CALL] }), { tools: TOOLS });
  const message = answer.choices[0].message;
  equal(JSON.parse(message.tool_calls[0].function.arguments), CALL.arguments);
  const after = await client.chat.completions.create({
    model: MODEL,
    tools: TOOLS,
    messages: [
      { role: 'user', content: 'Weather?' },
      message,
      { role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'rain' },
      { role: 'user', content: order({ text: 'It rains.' }) },
    ],
  });
  equal(after.choices[0].message.content, 'It rains.');
});

await check('tools, streamed in parallel', async () => {
  const stream = client.chat.completions.stream({
    model: MODEL,
    messages: [{ role: 'user', content: order({ text: '', tool_calls: [CALL, CALL] }) }],
    tools: TOOLS,
  });
  const final = await stream.finalChatCompletion();
  equal(
    final.choices[0].message.tool_calls.map((call) => JSON.parse(call.function.arguments)),
    [CALL.arguments, CALL.arguments],
  );
});

await check('tool runner', async () => {
  let asked;
  const runner = client.chat.completions.runTools({
    model: MODEL,
    messages: [{ role: 'user', content: order({ text: '', tool_calls: [CALL] }) }],
    tools: [
      {
        type: 'function',
        function: {
          name: 'weather',
          parameters: WEATHER_SCHEMA,
          parse: JSON.parse,
          function: (input) => { asked = input; return 'rain'; },
        },
      },
    ],
  }, { maxChatCompletions: 1 });
  await runner.done();
  equal(asked, CALL.arguments);
});

await check('structured output', async () => {
  const answer = await client.chat.completions.parse({
    model: MODEL,
    messages: [{ role: 'user', content: 'Weather?' }],
    response_format: zodResponseFormat(z.object({ city: z.string(), days: z.number() }), 'weather'),
  });
  equal(Object.keys(answer.choices[0].message.parsed).sort(), ['city', 'days']);
});

await check('401 AuthenticationError', async () => {
  const error = await rejects(OpenAI.AuthenticationError, 401, () => at('mk-wrong').models.list());
  equal(error.code, 'invalid_api_key');
});

await check('404 NotFoundError', () =>
  rejects(OpenAI.NotFoundError, 404, () =>
    client.chat.completions.create({ model: 'nothing', messages: [{ role: 'user', content: 'a' }] })));

await check('400 BadRequestError', async () => {
  const error = await rejects(OpenAI.BadRequestError, 400, () => say('a', { temperature: 9 }));
  equal(error.param, 'temperature');
});

await check('429 RateLimitError: no money', async () => {
  const error = await rejects(OpenAI.RateLimitError, 429, () => say('a', {}, at(POOR_KEY)));
  equal(error.type, 'insufficient_quota');
});

await check('429 RateLimitError: limit', async () => {
  const limited = at(LIMITED_KEY);
  const error = await rejects(OpenAI.RateLimitError, 429, async () => {
    for (let i = 0; i < 2; i++) await say(order({ text: 'a' }), {}, limited);
  });
  equal(error.code, 'rpm_exceeded');
});

await check('InternalServerError from the engine, streamed or not', async () => {
  for (const stream of [false, true]) {
    await rejects(OpenAI.InternalServerError, undefined, () =>
      say(order({ http_error: 500 }), { stream }));
  }
});

await check('APIError inside a stream', () =>
  rejects(OpenAI.APIError, undefined, () =>
    drain(say(order({ output_tokens: 20, cut_after_tokens: 5 }), { stream: true }))));
