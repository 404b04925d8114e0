import { execa } from 'execa';

import { bundledProgram } from './bundled-program.ts';

let bundle: Promise<string> | undefined;

/**
 * Another process that changes a volume of a pool as fast as it can, until it is killed: see
 * volume-writer.ts.
 */
export async function startVolumeProcess(
  folder: string,
  driver: string,
): Promise<{ readonly begun: Promise<void>; kill(): Promise<void> }> {
  bundle ??= bundledProgram('test/support/volume-writer.ts');
  const child = execa(process.execPath, [await bundle, folder, driver], {
    stdin: 'ignore',
    buffer: false,
    reject: false,
    env: { NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: undefined },
  });
  return {
    begun: new Promise((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      void child.then(({ failed }) => reject(new Error(`It ended, ${failed ? 'failed' : ''}`)));
    }),
    kill: async () => {
      child.kill('SIGKILL');
      await child;
    },
  };
}
