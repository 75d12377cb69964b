// The Vercel AI SDK with providers of both dialects against Mooring.

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, Output, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { CALL, KEY, MODEL, POOR_KEY, TEXT, URL, check, equal, order } from './checks.mjs';

const providers = {
  'openai-compatible': (apiKey = KEY, name = MODEL) =>
    createOpenAICompatible({
      name: 'mooring', baseURL: `${URL}/v1`, apiKey, includeUsage: true,
      supportsStructuredOutputs: true,
    })(name),
  anthropic: (apiKey = KEY, name = MODEL) =>
    createAnthropic({ baseURL: `${URL}/anthropic/v1`, apiKey })(name),
};

const weather = (seen) =>
  tool({
    description: 'Tells the weather.',
    inputSchema: z.object({ city: z.string(), days: z.number() }),
    execute: async (input) => { seen.push(input); return 'rain'; },
  });

const common = { maxRetries: 0, maxOutputTokens: 500 };

async function refused(status, call) {
  let error;
  try {
    await call();
  } catch (trouble) {
    error = trouble;
  }
  equal(APICallError.isInstance(error), true);
  equal(error.statusCode, status);
  return error;
}

for (const [name, model] of Object.entries(providers)) {
  await check(`${name}: generateText`, async () => {
    const answer = await generateText({ ...common, model: model(), prompt: order({ text: TEXT }) });
    equal(answer.text, TEXT);
    equal(answer.finishReason, 'stop');
    equal(answer.usage.outputTokens > 0, true);
  });

  await check(`${name}: streamText`, async () => {
    const answer = streamText({ ...common, model: model(), prompt: order({ text: TEXT }) });
    let text = '';
    for await (const piece of answer.textStream) text += piece;
    equal(text, TEXT);
    equal((await answer.usage).inputTokens > 0, true);
  });

  await check(`${name}: reasoning`, async () => {
    const answer = await generateText({
      ...common, model: model(), prompt: order({ text: 'so', reasoning_tokens: 5 }),
    });
    equal(Boolean(answer.reasoningText), true);
  });

  await check(`${name}: tools, whole`, async () => {
    const seen = [];
    await generateText({
      ...common, model: model(), tools: { weather: weather(seen) }, stopWhen: stepCountIs(1),
      prompt: order({ text: '', tool_calls: [CALL] }),
    });
    equal(seen, [CALL.arguments]);
  });

  await check(`${name}: tools, streamed`, async () => {
    const seen = [];
    const answer = streamText({
      ...common, model: model(), tools: { weather: weather(seen) }, stopWhen: stepCountIs(1),
      prompt: order({ text: '', tool_calls: [CALL] }),
    });
    await answer.consumeStream();
    equal(await answer.finishReason, 'tool-calls');
    equal(seen, [CALL.arguments]);
  });

  await check(`${name}: required tool`, async () => {
    const seen = [];
    await generateText({
      ...common, model: model(), tools: { weather: weather(seen) }, toolChoice: 'required',
      stopWhen: stepCountIs(1), prompt: 'Weather?',
    });
    equal(seen.length, 1);
  });

  await check(`${name}: structured output`, async () => {
    const answer = await generateText({
      ...common, model: model(), prompt: 'Weather?',
      output: Output.object({ schema: z.object({ city: z.string(), days: z.number() }) }),
    });
    equal(Object.keys(answer.output).sort(), ['city', 'days']);
  });

  await check(`${name}: refusals as APICallError`, async () => {
    const ask = (from) => generateText({ ...common, model: from, prompt: 'a' });
    await refused(401, () => ask(model('wrong')));
    await refused(404, () => ask(model(KEY, 'nothing')));
    const poor = await refused(name === 'anthropic' ? 402 : 429, () => ask(model(POOR_KEY)));
    equal(/balance|credit|money/i.test(poor.message), true);
  });
}
