// What every Node client's checks share: one line of JSON for each check.

export const URL = process.env.CLIENT_URL;
export const KEY = process.env.CLIENT_KEY;
export const POOR_KEY = process.env.CLIENT_POOR_KEY;
export const LIMITED_KEY = process.env.CLIENT_LIMITED_KEY;
export const MODEL = process.env.CLIENT_MODEL;

export const TEXT = 'Kia ora, 世界 👋🏽';

export const WEATHER_SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
};
export const CALL = { name: 'weather', arguments: { city: 'Ōtepoti', days: 3 } };

/** A prompt that tells the simulated engine what to answer. */
export const order = (directive) => `[[simulate ${JSON.stringify(directive)}]]`;

/** Runs one check; what it throws is the finding. */
export async function check(name, run) {
  let found = 'ok';
  try {
    await run();
  } catch (trouble) {
    found = `${trouble?.constructor?.name}: ${trouble?.message}`;
  }
  console.log(JSON.stringify({ check: name, ok: found === 'ok', found: found.replace(/\s+/g, ' ').slice(0, 400) }));
}

export function equal(found, expected) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${a} (expected: ${b})`);
}

/** The call must fail with this class of error and this status. */
export async function rejects(kind, status, call) {
  let error;
  try {
    await call();
  } catch (trouble) {
    error = trouble;
  }
  if (error === undefined) throw new Error(`no error (expected: ${kind.name})`);
  if (!(error instanceof kind)) throw new Error(`${error.constructor.name}: ${error.message} (expected: ${kind.name})`);
  if (status !== undefined) equal(error.status, status);
  return error;
}
