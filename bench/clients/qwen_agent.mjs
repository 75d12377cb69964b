// Qwen Code, without a terminal, against Mooring's chat completions.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, run, script } from './agents.mjs';
import { KEY, MODEL, URL, check, equal } from './checks.mjs';

const PROGRAM = join(import.meta.dirname, 'node_modules', '.bin', 'qwen');

const qwen = (cwd, prompt, key = KEY) =>
  run(PROGRAM, ['--auth-type', 'openai', '--yolo', '-m', MODEL, '-p', prompt], cwd, {
    OPENAI_API_KEY: key,
    OPENAI_BASE_URL: `${URL}/v1`,
    OPENAI_MODEL: MODEL,
  });

function contains(result, text) {
  if (!(result.output + result.errors).includes(text)) {
    throw new Error(`exit ${result.code}: ${(result.output + result.errors).slice(-300)}`);
  }
}

await check('answers', async () => {
  await script([], { text: 'Kia ora from the model.' });
  contains(await qwen(folder(), 'Say hello.'), 'Kia ora from the model.');
});

await check('writes a file by a tool call', async () => {
  const cwd = folder();
  const file = join(cwd, 'hello.txt');
  await script(
    [{ text: '', tool_calls: [{ name: 'write_file', arguments: { file_path: file, content: 'kia ora\n' } }] }],
    { text: 'Done.' },
  );
  contains(await qwen(cwd, 'Write hello.txt.'), 'Done.');
  equal(existsSync(file) && readFileSync(file, 'utf8'), 'kia ora\n');
});

await check('a wrong key is told as such', async () => {
  const result = await qwen(folder(), 'Say hello.', 'wrong');
  contains(result, '401');
});
