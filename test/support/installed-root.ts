import { cp, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { stockOwner } from '../../rpm/stock-files.ts';
import { builtFolder } from './service-process.ts';
import { runProgram, type RunResult } from './run-program.ts';

const UNITS = join(import.meta.dirname, '..', '..', 'rpm', 'systemd');

/** Lays out in a folder what our packages install into a root, as far as it is switched. */
export async function installInto(root: string): Promise<void> {
  const built = await builtFolder();
  const libexec = join(root, 'usr', 'libexec', 'qubes-rpc');
  await mkdir(libexec, { recursive: true });
  for (const [from, to] of [
    ['lib', 'lib'],
    ['services', 'services'],
    ['rpc-config', 'rpc-config'],
  ] as const) {
    await cp(join(built, from), join(libexec, to), { recursive: true, verbatimSymlinks: true });
  }
  await mkdir(join(root, 'usr', 'bin'), { recursive: true });
  for (const name of ['qubes-rpc', 'qubes-rpcd']) {
    const bundle = join('..', 'libexec', 'qubes-rpc', 'lib', `${name}.cjs`);
    await symlink(bundle, join(root, 'usr', 'bin', name));
  }
  const preload = join(libexec, 'preload-dispvm');
  await symlink(join('lib', 'preload-dispvm.cjs'), preload);
  const beside = join(root, 'usr', 'share', 'qubes-rpc', 'systemd');
  for (const unit of (await readdir(UNITS)).filter((name) => !name.endsWith('.conf'))) {
    const read = join('usr', 'lib', 'systemd', 'system', unit);
    const isTaken = stockOwner(`/${read}`) !== undefined;
    await cp(join(UNITS, unit), isTaken ? join(beside, unit) : join(root, read));
  }
}

/** Makes files in a root, by path. */
export async function makeFiles(
  root: string,
  files: Readonly<Record<string, string>>,
  mode = 0o644,
): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode });
  }
}

/** Runs qubes-rpc as it is installed in a root, on that root. */
export async function rpcIn(
  root: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  return runProgram(join(root, 'usr', 'bin', 'qubes-rpc'), [...args, '--sysroot', root], { env });
}

/** All files and links below a folder, with what is in them, by path. */
export async function contentOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const text = entry.isSymbolicLink()
        ? `-> ${await readlink(path)}`
        : await readFile(path, 'latin1');
      return [path.slice(folder.length + 1), text] as const;
    });
  return Object.fromEntries(
    (await Promise.all(found)).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}
