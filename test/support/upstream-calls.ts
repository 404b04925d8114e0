import { readFile } from 'node:fs/promises';

import * as z from 'zod';

import type { AdminClient } from '../../lib/admin/client.ts';
import { AdminError } from '../../lib/base/admin-error.ts';
import type { FixtureName } from './fixture-backup.ts';

const recordedCall = z.object({
  dest: z.string(),
  method: z.string(),
  arg: z.string().nullable(),
  payload: z.string().nullable(),
});

/** Calls of the Admin API that the restore tool of Qubes OS made for a fixture, in their order. */
export async function upstreamCalls(name: FixtureName): Promise<z.infer<typeof recordedCall>[]> {
  const place = new URL(`../fixtures/backups/${name}.upstream-calls.jsonl`, import.meta.url);
  const lines = (await readFile(place, 'utf8')).split('\n').filter(Boolean);
  return lines.map((line) => recordedCall.parse(JSON.parse(line)));
}

/**
 * Makes those calls, but for the content of volumes.
 * @returns those that were refused, as that tool would have told and gone on
 */
export async function replayUpstream(client: AdminClient, name: FixtureName): Promise<string[]> {
  const refused: string[] = [];
  for (const { dest, method, arg, payload } of await upstreamCalls(name)) {
    if (method === 'admin.vm.volume.ImportWithSize') continue;
    const details = { destination: dest, argument: arg ?? '', payload: payload ?? '' };
    try {
      await client.calls.call(method, details);
    } catch (error) {
      if (!(error instanceof AdminError)) throw error;
      refused.push(`${method}+${arg ?? ''} ${dest}: ${error.message}`);
    }
  }
  return refused;
}
