import { readFile } from 'node:fs/promises';

/** Facts about the reference's model, as JSON: `properties`, `events-by-call`. */
export async function readFixture(name: string): Promise<unknown> {
  const file = new URL(`../fixtures/model/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(file, 'utf8'));
}
