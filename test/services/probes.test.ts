import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import { z } from 'zod';

import { openSystem } from '../support/admin-system.ts';
import { Comparison } from '../support/recorded-session.ts';

const FILE = join(import.meta.dirname, '..', 'fixtures', 'admin', 'probes.jsonl');

const Probe = z.object({
  header: z.string(),
  payload: z.optional(z.string()),
  payload_base64: z.optional(z.string()),
  response: z.string(),
});

/** Single calls with ordinary and odd input, made one after another, and what the reference answered. */
const PROBES = readFileSync(FILE, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => Probe.parse(JSON.parse(line)))
  .map(({ header, payload, payload_base64: base64, response }) => ({
    header,
    payload: base64 === undefined ? Buffer.from(payload ?? '') : Buffer.from(base64, 'base64'),
    response,
  }));

/** Answers about qubes that the reference had started, which is not served yet. */
const OF_RUNNING = /state=(Running|Paused|Suspended)$|^2\0QubesVMNotHaltedError/;

/** Where we answer otherwise on purpose: call, its payload, our answer, and why. */
const MENDED: readonly (readonly [call: RegExp, payload: string, ours: string | RegExp])[] = [];

test('odd calls are answered as the reference answers them', async (t) => {
  const { ask, logged } = await openSystem(t);
  const comparison = new Comparison();
  for (const { header, payload, response } of PROBES) {
    const [method = ''] = header.split('+');
    const reply = await ask(header, payload);
    const said = `${header} <- ${payload.toString()}`;
    const mended = MENDED.find(([call, sent]) => call.test(header) && sent === payload.toString());
    if (mended !== undefined) {
      const [, , ours] = mended;
      if (typeof ours === 'string') t.is(reply, ours, said);
      else t.regex(reply, ours, said);
      continue;
    }
    if (OF_RUNNING.test(response)) continue;
    const [theirs, ours] = comparison.normalise(method, response, reply);
    t.is(ours, theirs, said);
  }
  t.deepEqual(logged, []);
});
