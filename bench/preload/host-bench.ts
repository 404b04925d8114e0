import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { bareWriteRate } from '../admin/bare-write.ts';
import { atMost, told } from '../admin/target.ts';
import { markdownTable } from '../table.ts';
import { HostSystem, TEMPLATE } from './host-system.ts';
import { quantile } from './quantile.ts';

/** What a start takes on the machine that is played. */
const START_SECONDS = 2;
const LONG_START_SECONDS = 10;
const REQUESTS = 50;
const FEW = 10;
const SLOW_REQUESTS = 5;
const P50_MS = 5;

/** Measures requests for disposables of the resident host; prints each figure beside its target. */
export async function runHostBench(folder: string, seconds: number): Promise<void> {
  const place = await mkdtemp(join(folder, 'preload-'));
  const system = await HostSystem.start(place, START_SECONDS);
  try {
    const rows = [
      ...(await oneByOne(system, seconds)),
      ...(await atOnce(system, REQUESTS, START_SECONDS)),
      ...(await atOnce(system, FEW, START_SECONDS)),
      ...(await atOnce(system, FEW, LONG_START_SECONDS)),
    ];
    console.log(`${markdownTable([['', 'measured', 'target', ''], ...rows])}\n`);
  } finally {
    await system.stop();
    await rm(place, { recursive: true });
  }
}

/** One request after another, all of which find one that waits. */
async function oneByOne(system: HostSystem, seconds: number): Promise<string[][]> {
  await system.stock(REQUESTS);
  const given: string[] = [];
  const ready = await times(REQUESTS, async () => {
    const { ms, answer } = await system.time('admin.vm.CreateDisposable', TEMPLATE);
    given.push(answer);
    return ms;
  });
  const store = await readFile(join(system.root, 'qubes.xml'));
  const write = 1000 / (await bareWriteRate(join(system.root, 'bare'), store, seconds));
  const set = await times(REQUESTS, async (nth) => {
    return (await system.time('admin.vm.property.Set+memory', 'work', String(400 + nth))).ms;
  });
  await system.stock(0);
  const cold = await times(SLOW_REQUESTS, async () => {
    const begin = performance.now();
    const name = await system.ask('admin.vm.CreateDisposable', TEMPLATE);
    await system.ask('admin.vm.Start', name);
    given.push(name);
    return performance.now() - begin;
  });
  await system.remove(given);
  requireDistinct(given);
  const half = quantile(ready, 0.5);
  return [
    atMost('CreateDisposable, one that waits, ms: p50', half, P50_MS),
    told('p99', quantile(ready, 0.99)),
    told('property.Set, ms: p50', quantile(set, 0.5)),
    told('bare durable write of the store, ms: mean', write),
    told('CreateDisposable, one that waits / property.Set', half / quantile(set, 0.5)),
    told('CreateDisposable, one that waits / bare durable write', half / write),
    told('CreateDisposable and Start, nothing waits, ms: p50', quantile(cold, 0.5)),
  ];
}

/** Many requests at the same moment. @param ready for how many of them one waits */
async function atOnce(
  system: HostSystem,
  ready: number,
  startSeconds: number,
): Promise<string[][]> {
  await system.takes(0);
  await system.stock(ready);
  await system.takes(startSeconds);
  const waiting = await system.listed();
  const replies = await Promise.all(
    Array.from({ length: REQUESTS }, () => system.time('admin.vm.CreateDisposable', TEMPLATE)),
  );
  const names = replies.map(({ answer }) => answer);
  requireDistinct(names);
  const unused = waiting.filter((name) => !names.includes(name));
  if (unused.length > 0) throw new Error(`Nobody was given ${unused.join(', ')}`);
  const title = `${REQUESTS} at once, ${ready} wait, starts of ${startSeconds} s, ms`;
  const all = replies.map(({ ms }) => ms);
  const slowest = Math.max(...all);
  await system.stock(0);
  await system.remove(names);
  return [
    told(`${title}: p50`, quantile(all, 0.5)),
    // Whoever waited for another's start would wait for as long as that takes.
    atMost(`${title}: slowest`, slowest, 1000 * Math.min(startSeconds, START_SECONDS)),
  ];
}

async function times(count: number, take: (nth: number) => Promise<number>): Promise<number[]> {
  const taken: number[] = [];
  for (let nth = 0; nth < count; nth++) taken.push(await take(nth));
  return taken;
}

function requireDistinct(names: readonly string[]): void {
  if (new Set(names).size < names.length) throw new Error('One disposable was given to two');
}
