import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * A program in one piece, as it is installed: it starts several times as fast.
 * @param source its main file, below the root of the checkout
 * @returns path of the bundle, which goes when the test file ends
 */
export async function bundledProgram(source: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'qubes-rpc-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, 'program.cjs');
  await build({
    entryPoints: [fileURLToPath(new URL(`../../${source}`, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    define: { 'import.meta.filename': '__filename', 'import.meta.dirname': '__dirname' },
  });
  return outfile;
}
