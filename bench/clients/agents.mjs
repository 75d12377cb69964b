// What the checks of coding agents share: orders to the simulated engine, and a run in a folder.

import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LONGEST_RUN_MS = 120_000;

/** What the engine answers: the queue first, then the same for every further request. */
export async function script(next, standing) {
  const send = (path, body) =>
    fetch(process.env.CLIENT_ENGINE_URL + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await send('/simulator/reset', {});
  const orders = next.length > 0 ? { next, default: standing } : { default: standing };
  const answer = await send('/simulator/script', orders);
  if (!answer.ok) throw new Error(await answer.text());
}

export const folder = () => mkdtempSync(join(tmpdir(), 'agent-'));

/** Runs an agent to its end. */
export function run(program, args, cwd, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, HOME: cwd, CI: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LONGEST_RUN_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (errors += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, errors }));
  });
}
