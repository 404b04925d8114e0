import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A program in place of systemctl, which masks and unmasks units of a root and notes the rest. */
export interface PlayedSystemctl {
  /** What finds it before the real one. */
  readonly env: { readonly PATH: string };
  /** What it was told, the root left out. */
  told(): Promise<string[]>;
}

/** @param acts lines of sh that it runs first, with the verb in `$verb` and the root in `$root` */
export async function playedSystemctl(
  t: ExecutionContext,
  acts: readonly string[] = [],
): Promise<PlayedSystemctl> {
  const folder = await temporaryFolder(t);
  const told = join(folder, 'told');
  await writeFile(told, '');
  const script = [
    '#!/bin/sh',
    'root=${1#--root=}; shift; verb=$1; unit=$2',
    `echo "$*" >>'${told}'`,
    ...acts,
    'path=$root/etc/systemd/system/$unit',
    'case $verb in',
    'is-*) exit 1;;',
    'mask) ln -s /dev/null "$path";;',
    'unmask) rm -f "$path";;',
    'esac',
    '',
  ];
  await writeFile(join(folder, 'systemctl'), script.join('\n'));
  await chmod(join(folder, 'systemctl'), 0o755);
  return {
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    told: async () => (await readFile(told, 'utf8')).trimEnd().split('\n'),
  };
}
