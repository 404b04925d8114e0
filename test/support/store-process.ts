import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { build } from 'esbuild';
import { execa } from 'execa';

let bundled: Promise<string> | undefined;

/** The program in one file, which starts ten times as fast as from its sources. */
function bundle(): Promise<string> {
  bundled ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'qubes-rpc-bundle-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const outfile = join(folder, 'store-writer.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'store-writer.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    });
    return outfile;
  })();
  return bundled;
}

/** Another process that has a store open. */
export interface StoreProcess {
  readonly pid: number;
  /** The last number that it said is on disk. */
  readonly acknowledged: () => number;
  /** Kills it at once. */
  kill(): Promise<void>;
}

/** Starts one, and waits until it has the store open. */
export async function startStoreProcess(
  folder: string,
  ...mode: readonly string[]
): Promise<StoreProcess> {
  const child = execa(process.execPath, [await bundle(), folder, ...mode], {
    stdin: 'ignore',
    buffer: false,
    reject: false,
    env: { NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: undefined },
  });
  let acknowledged = 0;
  const lines = createInterface({ input: child.stdout });
  const closed = new Promise<void>((resolve) => lines.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      if (line === 'open') resolve();
      else acknowledged = Number(line);
    });
    void closed.then(() => reject(new Error('It ended')));
  });
  return {
    pid: child.pid ?? -1,
    acknowledged: () => acknowledged,
    kill: async () => {
      child.kill('SIGKILL');
      await Promise.all([child, closed]);
    },
  };
}
