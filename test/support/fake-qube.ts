import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import type { Waiting } from '../../lib/agent/inside.ts';
import { createLog } from '../../lib/base/log.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A qube whose programs are shell scripts, for services that run in this process. */
export interface FakeQube extends Waiting {
  /** What went to the log. */
  readonly said: () => string;
  /** Ends the services. */
  readonly end: (reason: Error) => void;
  /** Makes a network card. */
  readonly addCard: (name: string, mac: string, state: string) => Promise<void>;
}

/**
 * Makes a qube.
 * @param programs scripts by name; nothing else can be run but what they need
 * @param env of the services, besides PATH
 */
export async function fakeQube(
  t: ExecutionContext,
  programs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<FakeQube> {
  const root = await temporaryFolder(t);
  const folder = (name: string): string => join(root, name);
  for (const name of ['bin', 'run', 'interfaces', 'modules']) await mkdir(folder(name));
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder('bin'), name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const lines: string[] = [];
  const abort = new AbortController();
  // What a failed test leaves must not outlive it.
  t.teardown(() => abort.abort());
  return {
    inside: {
      env: { PATH: folder('bin'), ...env },
      run: folder('run'),
      interfaces: folder('interfaces'),
      modules: folder('modules'),
    },
    log: createLog((line) => void lines.push(line)),
    signal: abort.signal,
    said: () => lines.join(''),
    end: (reason) => abort.abort(reason),
    addCard: async (name, mac, state) => {
      await mkdir(join(folder('interfaces'), name), { recursive: true });
      await writeFile(join(folder('interfaces'), name, 'address'), `${mac}\n`);
      await writeFile(join(folder('interfaces'), name, 'operstate'), `${state}\n`);
    },
  };
}
