// Claude Code, without a terminal, against Mooring's Messages API.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, run, script } from './agents.mjs';
import { KEY, MODEL, URL, check, equal } from './checks.mjs';

const PROGRAM = join(import.meta.dirname, 'node_modules', '.bin', 'claude');

const claude = (cwd, args, key = KEY) =>
  run(PROGRAM, ['-p', '--model', MODEL, '--output-format', 'json', ...args], cwd, {
    ANTHROPIC_BASE_URL: `${URL}/anthropic`,
    ANTHROPIC_AUTH_TOKEN: key,
    ANTHROPIC_SMALL_FAST_MODEL: MODEL,
    ANTHROPIC_DEFAULT_HAIKU_MODEL: MODEL,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
  });

function said(result) {
  if (result.output === '') throw new Error(`exit ${result.code}: ${result.errors.slice(-300)}`);
  return JSON.parse(result.output);
}

await check('answers', async () => {
  await script([], { text: 'Kia ora from the model.' });
  const answer = said(await claude(folder(), ['Say hello.']));
  equal(answer.result, 'Kia ora from the model.');
  equal(answer.is_error, false);
});

await check('writes a file by a tool call', async () => {
  const cwd = folder();
  const file = join(cwd, 'hello.txt');
  await script(
    [{ text: '', tool_calls: [{ name: 'Write', arguments: { file_path: file, content: 'kia ora\n' } }] }],
    { text: 'Done.' },
  );
  const answer = said(await claude(cwd, ['--allowedTools', 'Write', '--', 'Write hello.txt.']));
  equal(answer.result, 'Done.');
  equal(existsSync(file) && readFileSync(file, 'utf8'), 'kia ora\n');
});

await check('a wrong key is told as such', async () => {
  const answer = said(await claude(folder(), ['Say hello.'], 'wrong'));
  equal(answer.is_error, true);
  equal(/401|authenticat|api key/i.test(answer.result), true);
});
