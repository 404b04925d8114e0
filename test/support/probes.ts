import { readFileSync } from 'node:fs';

import * as z from 'zod';

const Probe = z.object({
  header: z.string(),
  payload: z.optional(z.string()),
  response: z.string(),
});

/**
 * Calls that were made of the reference, one after another, and what it answered.
 * @param name of a fixture: `preload-probes`
 */
export function readProbes(name: string): readonly z.infer<typeof Probe>[] {
  const file = new URL(`../fixtures/admin/${name}.jsonl`, import.meta.url);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => Probe.parse(JSON.parse(line)));
}
