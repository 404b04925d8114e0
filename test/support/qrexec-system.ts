import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import type { QrexecCall } from '../../lib/qrexec/caller.ts';
import { EmbeddedCaller, type EmbeddedCallerFacts } from '../../lib/qrexec/embedded-caller.ts';
import { collect } from './bytes.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A folder with a qube `backup` to call. */
export interface QrexecSystem {
  readonly root: string;
  readonly call: (service: string, argument?: string, target?: string) => Promise<QrexecCall>;
}

/**
 * Makes an embedded system whose services are shell scripts, by name.
 * @param facts of the caller; dom0 in a bare folder unless told
 */
export async function qrexecSystem(
  t: ExecutionContext,
  services: Readonly<Record<string, string>>,
  facts: Omit<EmbeddedCallerFacts, 'root'> = {},
): Promise<QrexecSystem> {
  const root = await temporaryFolder(t);
  await mkdir(join(root, 'home', 'backup'), { recursive: true });
  await mkdir(join(root, 'qubes-rpc'));
  for (const [name, script] of Object.entries(services)) {
    await addService(join(root, 'qubes-rpc'), name, script);
  }
  const caller = new EmbeddedCaller({ root, ...facts });
  const abort = new AbortController();
  // What a failed test leaves must not outlive it.
  t.teardown(() => abort.abort());
  return {
    root,
    call: (service, argument = '', target = 'backup') =>
      caller.call({ target, service, argument, signal: abort.signal }),
  };
}

/** Makes a shell script a service. */
export async function addService(folder: string, name: string, script: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** What a call answers, with nothing sent. */
export async function answerOf(call: QrexecCall): Promise<string> {
  await call.stdin.end();
  return (await collect(call.stdout)).toString();
}
