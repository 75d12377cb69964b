// Anthropic's Node SDK against Mooring.

import Anthropic from '@anthropic-ai/sdk';
import {
  CALL, KEY, LIMITED_KEY, MODEL, POOR_KEY, TEXT, URL, WEATHER_SCHEMA, check, equal, order, rejects,
} from './checks.mjs';

const at = (apiKey, baseURL = `${URL}/anthropic`) =>
  new Anthropic({ baseURL, apiKey, maxRetries: 0, timeout: 60_000 });
const client = at(KEY);
const TOOLS = [{ name: 'weather', input_schema: WEATHER_SCHEMA }];

const body = (content, options = {}) => ({
  model: MODEL, max_tokens: 500, messages: [{ role: 'user', content }], ...options,
});
const say = (content, options, from = client) => from.messages.create(body(content, options));

async function drain(stream) {
  for await (const _ of await stream);
}

await check('messages at both paths', async () => {
  for (const base of [URL, `${URL}/anthropic`]) {
    const answer = await say(order({ text: TEXT }), {}, at(KEY, base));
    equal(answer.content[0].text, TEXT);
    equal(answer.stop_reason, 'end_turn');
  }
});

await check('stream', async () => {
  let pieces = '';
  const stream = client.messages.stream(body(order({ text: TEXT }))).on('text', (t) => (pieces += t));
  const final = await stream.finalMessage();
  equal(pieces, TEXT);
  equal(final.usage.output_tokens > 0, true);
});

await check('thinking, and back in history', async () => {
  const first = await client.messages
    .stream(body(order({ text: 'so', reasoning_tokens: 5 }), {
      max_tokens: 8000, thinking: { type: 'enabled', budget_tokens: 2000 },
    }))
    .finalMessage();
  equal(first.content.map((block) => block.type), ['thinking', 'text']);
  const again = await client.messages.create({
    model: MODEL,
    max_tokens: 100,
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: first.content },
      { role: 'user', content: order({ text: 'more' }) },
    ],
  });
  equal(again.content[0].text, 'more');
});

await check('tools and their results', async () => {
  const answer = await say(order({ text: '', tool_calls: [CALL] }), { tools: TOOLS });
  const use = answer.content.find((block) => block.type === 'tool_use');
  equal(use.input, CALL.arguments);
  equal(answer.stop_reason, 'tool_use');
  const after = await client.messages.create({
    model: MODEL,
    max_tokens: 100,
    tools: TOOLS,
    messages: [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: answer.content },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: use.id, content: [{ type: 'text', text: 'rain' }] },
          { type: 'text', text: order({ text: 'It rains.' }) },
        ],
      },
    ],
  });
  equal(after.content[0].text, 'It rains.');
});

await check('tools, streamed in parallel', async () => {
  const final = await client.messages
    .stream(body(order({ text: '', tool_calls: [CALL, CALL] }), { tools: TOOLS }))
    .finalMessage();
  equal(
    final.content.filter((block) => block.type === 'tool_use').map((block) => block.input),
    [CALL.arguments, CALL.arguments],
  );
});

await check('structured output', async () => {
  const answer = await say('Weather?', {
    output_config: { format: { type: 'json_schema', schema: WEATHER_SCHEMA } },
  });
  equal(Object.keys(JSON.parse(answer.content[0].text)).sort(), ['city', 'days']);
});

await check('token count at both paths', async () => {
  for (const base of [URL, `${URL}/anthropic`]) {
    const count = await at(KEY, base).messages.countTokens({
      model: MODEL, messages: [{ role: 'user', content: 'the contract of 2026' }],
    });
    equal(count.input_tokens, 8);
  }
});

await check('401 AuthenticationError', () =>
  rejects(Anthropic.AuthenticationError, 401, () => say('a', {}, at('wrong'))));

await check('404 NotFoundError', () =>
  rejects(Anthropic.NotFoundError, 404, () => say('a', { model: 'nothing' })));

await check('400 BadRequestError', () =>
  rejects(Anthropic.BadRequestError, 400, () => say('a', { max_tokens: -1 })));

await check('402 APIError: no money', () =>
  rejects(Anthropic.APIError, 402, () => say('a', {}, at(POOR_KEY))));

await check('429 RateLimitError: limit', () => {
  const limited = at(LIMITED_KEY);
  return rejects(Anthropic.RateLimitError, 429, async () => {
    for (let i = 0; i < 2; i++) await say(order({ text: 'a' }), {}, limited);
  });
});

await check('InternalServerError from the engine, streamed or not', async () => {
  for (const stream of [false, true]) {
    await rejects(Anthropic.InternalServerError, undefined, () =>
      say(order({ http_error: 500 }), { stream }));
  }
});

await check('APIError inside a stream', () =>
  rejects(Anthropic.APIError, undefined, () =>
    drain(say(order({ output_tokens: 20, cut_after_tokens: 5 }), { stream: true }))));
