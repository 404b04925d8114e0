import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { temporaryFolder } from './temporary-folder.ts';

interface Volume {
  readonly size: number;
  readonly origin: string;
}

/**
 * Programs `lvm`, `blkdiscard` and `dd` on the PATH of this process, which do nothing but note what
 * they were called with, and keep a list of logical volumes as LVM would.
 */
export class PlayedLvm {
  readonly #folder: string;

  /** @param volumes besides the thin pool `group/pool` */
  static async open(
    t: Parameters<typeof temporaryFolder>[0],
    volumes: Readonly<Record<string, Volume>> = {},
  ): Promise<PlayedLvm> {
    const folder = await temporaryFolder(t);
    const bin = join(folder, 'bin');
    await mkdir(bin);
    for (const name of ['lvm', 'blkdiscard', 'dd']) {
      await writeFile(join(bin, name), program(name, folder));
      await chmod(join(bin, name), 0o755);
    }
    await writeFile(join(folder, 'volumes.json'), JSON.stringify(volumes));
    const before = process.env['PATH'];
    process.env['PATH'] = [bin, before].join(delimiter);
    t.teardown(() => {
      process.env['PATH'] = before;
      return Promise.resolve();
    });
    return new PlayedLvm(folder);
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Calls since the last time this was asked, but for those that only list. */
  async calls(): Promise<readonly string[]> {
    const log = join(this.#folder, 'log');
    const text = await readFile(log, 'utf8').catch(() => '');
    await writeFile(log, '');
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('lvm lvs'));
  }

  /** Names of the volumes in the thin pool, without their group. */
  async names(): Promise<readonly string[]> {
    const text = await readFile(join(this.#folder, 'volumes.json'), 'utf8');
    return Object.keys(JSON.parse(text) as object).toSorted();
  }

  /** From now on a command fails with a message; without one none does. */
  async fail(command: string, message: string): Promise<void> {
    await writeFile(join(this.#folder, 'fail.json'), JSON.stringify([command, message]));
  }
}

function program(name: string, folder: string): string {
  return `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const folder = ${JSON.stringify(folder)};
const argv = process.argv.slice(2);
appendFileSync(folder + '/log', [${JSON.stringify(name)}, ...argv].join(' ') + '\\n');
const failure = folder + '/fail.json';
const [command, message] = existsSync(failure) ? JSON.parse(readFileSync(failure, 'utf8')) : [];
if (command === ${JSON.stringify(name)} || command === argv[0]) {
  process.stderr.write(message);
  process.exit(5);
}
if (${JSON.stringify(name)} === 'lvm') {
  const state = folder + '/volumes.json';
  const volumes = JSON.parse(readFileSync(state, 'utf8'));
  const option = (name) => argv.find((word) => word.startsWith(name + '='))?.slice(name.length + 1);
  const names = argv.slice(argv.indexOf('--') + 1).map((name) => name.split('/')[1]);
  const [first, second] = names;
  const need = (name) => {
    if (name in volumes || name === 'pool') return;
    process.stderr.write('Failed to find logical volume "group/' + name + '"');
    process.exit(5);
  };
  if (argv[0] !== 'lvs') need(first);
  if (argv[0] === 'lvcreate') {
    const isClone = argv.includes('--snapshot');
    const size = isClone ? volumes[first].size : parseInt(option('--virtualsize'));
    if (option('--name') in volumes) process.exit(5);
    volumes[option('--name')] = { size, origin: isClone ? first : '' };
    process.stderr.write('WARNING: Sum of all thin volume sizes exceeds the size of thin pool.');
  }
  if (argv[0] === 'lvremove') delete volumes[first];
  if (argv[0] === 'lvrename') {
    if (second in volumes) process.exit(5);
    volumes[second] = volumes[first];
    delete volumes[first];
    for (const one of Object.values(volumes)) if (one.origin === first) one.origin = second;
  }
  if (argv[0] === 'lvresize') volumes[first].size = parseInt(option('--size'));
  writeFileSync(state, JSON.stringify(volumes));
  if (argv[0] === 'lvs') {
    const row = (lv_name, pool_lv, lv_size, lv_attr, origin) => ({
      vg_name: 'group', lv_name, pool_lv, lv_size: lv_size + 'B', lv_attr, origin,
      data_percent: '12.50', lv_metadata_size: pool_lv ? '' : '4096B',
      metadata_percent: pool_lv ? '' : '50.00',
    });
    const rows = Object.entries(volumes).map(([name, { size, origin, attr = 'Vwi-a-tz--' }]) =>
      row(name, 'pool', size, attr, origin));
    const lv = [row('pool', '', 1000000, 'twi-aotz--', ''), row('plain', '', 1, '-wi-a-----', '')];
    console.log(JSON.stringify({ report: [{ lv: [...lv, ...rows] }] }));
  }
}
`;
}
