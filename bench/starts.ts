import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { execaSync } from 'execa';

import { atMost } from './admin/target.ts';
import { markdownTable } from './table.ts';

const SERVICES = join(import.meta.dirname, '..', 'dist', 'services');

const STARTS = 61;

/** Each ends as soon as it has started and loaded: what it is asked for is refused, or not there. */
const REFUSED = '?';
const ENV = { PATH: '/nowhere' };

/** Measures from start to end: services as they are installed, and a script that does nothing. */
export async function runStartBench(folder: string): Promise<void> {
  const place = await mkdtemp(join(folder, 'starts-'));
  try {
    const bare = join(place, 'bare.cjs');
    await writeFile(bare, 'process.exit(0);\n');
    const names = await processServices();
    const times = new Map([bare, ...names].map((name) => [name, [] as number[]]));
    for (let run = 0; run < STARTS; run++) {
      // In turns, so that what else the machine does touches all of them.
      for (const [name, taken] of times)
        taken.push(startOf(name === bare ? bare : join(SERVICES, name)));
    }
    const bares = times.get(bare) ?? [];
    // Each to the bare one beside it: what slows the machine for a while slows both.
    const ratio = (name: string): number =>
      median((times.get(name) ?? []).map((taken, run) => taken / (bares[run] ?? NaN)));
    const rows = names.map((name) => atMost(`${name} / bare Node script`, ratio(name), 1.3));
    console.log(`\n${markdownTable([['ratio', 'measured', 'target', ''], ...rows])}\n`);
  } finally {
    await rm(place, { recursive: true });
  }
}

/** Those that run as a process for each call; the others share a bundle, which `admin/` measures. */
async function processServices(): Promise<string[]> {
  const names = await readdir(SERVICES);
  const bundles = await Promise.all(names.map((name) => readlink(join(SERVICES, name))));
  return names.filter((name, index) => basename(bundles[index] ?? '') === `${name}.cjs`);
}

function startOf(program: string): number {
  const begin = performance.now();
  execaSync(process.execPath, [program, REFUSED], {
    env: ENV,
    extendEnv: false,
    reject: false,
    input: '',
  });
  return performance.now() - begin;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;
}
