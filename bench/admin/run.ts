import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { execaSync } from 'execa';

import { createLog } from '../../lib/base/log.ts';
import { embeddedDoors } from '../../lib/cli/embedded-doors.ts';
import { formatSize } from '../../lib/base/size.ts';
import { adoptStore } from '../../lib/model/store/create-store.ts';
import { openStore } from '../../lib/model/store/open-store.ts';
import { markdownTable } from '../table.ts';
import { bareWriteRate, blockingWriteRate } from './bare-write.ts';
import { measureRate, request } from './client.ts';
import { makeStore, qubeName } from './make-store.ts';
import { EXECUTABLE, memoryOf, startEcho, startHost, startWriter } from './processes.ts';
import { REFERENCE } from './reference.ts';
import { atLeast, atMost, told } from './target.ts';

const SIZES = [12, 100, 1000] as const;
type Size = (typeof SIZES)[number];
const REPLY = 'default=True type=int 400';
const STARTS = 41;

/** Measures the resident host, prints tables, each figure next to what it has to be. */
export async function runAdminBench(folder: string, seconds: number): Promise<void> {
  const rows: string[][] = [];
  const targets: string[][] = [];
  const reads = new Map<number, number>();
  for (const size of SIZES) {
    const root = await mkdtemp(join(folder, 'admin-'));
    try {
      await measureSize(root, size, seconds, rows, targets, reads);
    } finally {
      await rm(root, { recursive: true });
    }
  }
  const [few = NaN, , many = NaN] = SIZES.map((size) => reads.get(size));
  targets.push(
    atLeast('property.Get / bare echo socket, with 1000 qubes / with 12', many / few, 0.8),
  );
  print(
    markdownTable([
      ['call, calls/s (median ms)', ...SIZES.map((size) => `${size} qubes`)],
      ...transposed(rows),
    ]),
    markdownTable([['ratio', 'measured', 'target', ''], ...targets]),
  );
}

async function measureSize(
  root: string,
  size: Size,
  seconds: number,
  rows: string[][],
  targets: string[][],
  reads: Map<number, number>,
): Promise<void> {
  const store = makeStore(size);
  await adoptStore(root, Buffer.from(store), embeddedDoors(root));
  const loadSeconds = await timeLoading(root);
  const host = await startHost(root);
  const echo = await startEcho(join(root, 'echo.sock'), REPLY);
  const rate = (service: string, destination: string): ReturnType<typeof measureRate> => {
    const bytes = request(service, destination);
    return measureRate(host.socket, () => bytes, seconds);
  };
  const qube = qubeName(2);
  await rate('admin.vm.property.Get+memory', qube);
  const bare = await measureRate(echo.socket, () => request('admin.nothing', 'dom0'), seconds);
  const get = await rate('admin.vm.property.Get+memory', qube);
  const list = await rate('admin.vm.List', 'dom0');
  const all = await rate('admin.vm.property.GetAll', qube);
  const tags = await rate('admin.vm.tag.List', qube);
  const writer = startWriter(host.socket);
  const busy = await rate('admin.vm.property.Get+memory', qube);
  await writer.stop();
  const set = await measureRate(
    host.socket,
    (n) => request('admin.vm.feature.Set+bench', qube, String(n)),
    seconds,
  );
  const bytes = await readFile(join(root, 'qubes.xml'));
  const written = await bareWriteRate(join(root, 'bare'), bytes, seconds);
  const blocking = await blockingWriteRate(join(root, 'bare'), bytes, seconds);
  const created = await measureRate(
    host.socket,
    (n) => request('admin.vm.Create.AppVM+fedora-41', 'dom0', `name=new-${n} label=red`),
    seconds,
  );
  const memory = await memoryOf(host.pid);
  const starts = compareStarts(root, qube);
  await echo.stop();
  await host.stop();

  const reference = REFERENCE[size];
  // Each against the echo of its own time: the machine does not stay the same for a minute.
  reads.set(size, get.perSecond / bare.perSecond);
  rows.push([
    cell(bare),
    cell(get),
    cell(busy),
    cell(list),
    cell(all),
    cell(tags),
    cell(set),
    written.toFixed(0),
    blocking.toFixed(0),
    cell(created),
    loadSeconds.toFixed(3),
    formatSize(memory),
  ]);
  targets.push(
    atLeast(`${size}: property.Get / bare echo socket`, get.perSecond / bare.perSecond, 0.6),
    atLeast(`${size}: vm.List / reference`, list.perSecond / reference.list, reference.wanted),
    atLeast(`${size}: feature.Set / bare durable write`, set.perSecond / written, 0.7),
    told(`${size}: feature.Set / the same, blocking`, set.perSecond / blocking),
    atMost(
      `${size}: property.Get, median while another writes / alone`,
      busy.medianMs / get.medianMs,
      2,
    ),
    atMost(`${size}: executable / node -e 0`, starts, 1.3),
  );
  if (size === 1000) targets.push(atMost('1000: seconds to load', loadSeconds, 0.5));
}

const ROW_NAMES = [
  'bare echo socket',
  'vm.property.Get',
  'the same, another client writing',
  'vm.List',
  'vm.property.GetAll',
  'vm.tag.List',
  'vm.feature.Set',
  'bare durable write of the same bytes',
  'the same, blocking',
  'vm.Create.AppVM',
  'load, s',
  'memory',
];

function transposed(columns: readonly (readonly string[])[]): string[][] {
  return ROW_NAMES.map((name, at) => [name, ...columns.map((column) => column[at] ?? '')]);
}

async function timeLoading(root: string): Promise<number> {
  const begin = performance.now();
  const store = await openStore({
    folder: root,
    doors: embeddedDoors(root),
    log: createLog(),
  });
  const seconds = (performance.now() - begin) / 1000;
  await store.close();
  return seconds;
}

/** Wall time of the executable of a service over that of a Node that does nothing, medians. */
function compareStarts(root: string, qube: string): number {
  const env = {
    PATH: process.env['PATH'],
    QUBES_RPC_ROOT: root,
    QREXEC_SERVICE_FULL_NAME: 'admin.vm.property.Get+memory',
    QREXEC_REMOTE_DOMAIN: 'dom0',
    QREXEC_REQUESTED_TARGET: qube,
  };
  const time = (program: string, args: readonly string[]): number => {
    const begin = performance.now();
    execaSync(program, args, { env, extendEnv: false, stdio: ['ignore', 'ignore', 'inherit'] });
    return performance.now() - begin;
  };
  const ours: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run < STARTS; run++) {
    bare.push(time(process.execPath, ['-e', '0']));
    ours.push(time(EXECUTABLE, ['memory']));
  }
  return median(ours) / median(bare);
}

function median(values: number[]): number {
  return values.sort((one, other) => one - other)[values.length >> 1] ?? NaN;
}

function cell({ perSecond, medianMs }: { perSecond: number; medianMs: number }): string {
  return `${perSecond.toFixed(0)} (${medianMs.toFixed(2)})`;
}

function print(...blocks: string[]): void {
  for (const block of blocks) console.log(`${block}\n`);
}
