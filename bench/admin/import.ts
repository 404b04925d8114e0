import { closeSync } from 'node:fs';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';

import { formatSize, GiB, MiB } from '../../lib/base/size.ts';
import { embeddedDoors } from '../../lib/cli/embedded-doors.ts';
import { adoptStore } from '../../lib/model/store/create-store.ts';
import { randomBytes } from '../../test/support/content.ts';
import { fileDigest } from '../../test/support/image.ts';
import { makePipes, openPipe } from '../../test/support/kernel-pipe.ts';
import type { Descriptor } from '../../test/support/kernel-pipe.ts';
import { markdownTable } from '../table.ts';
import { call, request } from './client.ts';
import { makeStore } from './make-store.ts';
import { IMPORT, startHost } from './processes.ts';
import { atMost, told } from './target.ts';

const RUNS = 5;
const SIZE = GiB;
const QUBE = 'imported';

/** Contents that are imported: of how many pieces of 1 MiB one is data, 0 for none. */
const CONTENTS = [
  ['no holes', 1],
  ['half of it holes', 2],
  ['nothing but holes', 0],
] as const;

/**
 * Imports a volume by the executable, as qrexec runs it, and copies the same bytes out of the same
 * kind of pipe with `dd`, as the reference does, in turn. Both are on disk in the end.
 * @param folder on a disk
 */
export async function runImportBench(folder: string): Promise<void> {
  const root = await mkdtemp(join(folder, 'import-'));
  try {
    await adoptStore(root, Buffer.from(makeStore(2)), embeddedDoors(root));
    const host = await startHost(root);
    const create = `name=${QUBE} label=red`;
    await call(host.socket, request('admin.vm.Create.AppVM+fedora-41', 'dom0', create));
    await call(host.socket, request('admin.vm.volume.Resize+private', QUBE, String(SIZE)));
    const rows: string[][] = [];
    for (const [name, step] of CONTENTS) {
      await makeContent(join(root, 'content'), step);
      const ratio = await compare(root);
      const title = `import of ${formatSize(SIZE)}, ${name} / dd`;
      // Without anything to write it is the start of Node that is measured.
      rows.push(step === 0 ? told(title, ratio) : atMost(title, ratio, 1.2));
    }
    await host.stop();
    console.log(`${markdownTable([['ratio of seconds', 'measured', 'target', ''], ...rows])}\n`);
  } finally {
    await rm(root, { recursive: true });
  }
}

async function makeContent(path: string, step: number): Promise<void> {
  const file = await open(path, 'w');
  for (let piece = 0; step > 0 && piece * MiB < SIZE; piece += step) {
    await file.write(randomBytes(String(piece), MiB), 0, MiB, piece * MiB);
  }
  await file.truncate(SIZE);
  await file.close();
}

/** @returns seconds of ours over those of `dd`, medians */
async function compare(root: string): Promise<number> {
  const content = join(root, 'content');
  const copy = join(root, 'copy');
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    await writeFile(copy, '');
    await truncate(copy, SIZE);
    const to = [`of=${copy}`, `count=${SIZE}`];
    const how = ['bs=128K', 'iflag=count_bytes,fullblock', 'conv=sparse,notrunc,nocreat,fdatasync'];
    theirs.push(await secondsOf(root, 'dd', [...to, ...how], {}));
    const env = {
      QUBES_RPC_ROOT: root,
      QREXEC_REMOTE_DOMAIN: 'dom0',
      QREXEC_REQUESTED_TARGET: QUBE,
    };
    ours.push(await secondsOf(root, IMPORT, ['private'], env));
  }
  const image = join(root, 'appvms', QUBE, 'private.img');
  if ((await fileDigest(image)) !== (await fileDigest(content))) {
    throw new Error('What was imported is not what was sent');
  }
  return middle(ours) / middle(theirs);
}

/** Runs a program that reads the content from a pipe. */
async function secondsOf(
  root: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const name = join(root, 'pipe');
  await makePipes(name);
  // Nobody pays for what the one before left to be written.
  await execa('sync');
  const { read, write } = openPipe(name);
  const begin = performance.now();
  const source = execa('cat', [join(root, 'content')], { stdout: write });
  const sink = execa(program, args, { stdin: read, stdout: 'ignore', stderr: 'ignore', env });
  for (const end of [read, write] satisfies Descriptor[]) closeSync(end);
  await Promise.all([source, sink]);
  const seconds = (performance.now() - begin) / 1000;
  await rm(name);
  return seconds;
}

function middle(values: number[]): number {
  return values.sort((one, other) => one - other)[values.length >> 1] ?? NaN;
}
