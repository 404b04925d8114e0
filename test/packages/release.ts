import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';

import { readProject } from '../../rpm/project.ts';
import { makeTarballs, tarballNames } from '../../rpm/source-tarballs.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Node itself would be told of these as well. */
const ENV = { NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: '' };

/** What may differ between those who make packages. */
interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  /** How a command begins. */
  readonly begin: readonly string[];
}

const HERE: Surroundings = { env: {}, begin: [] };
const ELSEWHERE: Surroundings = {
  env: { TZ: 'Pacific/Auckland', LC_ALL: 'C.UTF-8' },
  begin: ['sh', '-c', 'umask 077 && exec "$@"', 'sh'],
};

/** What `make dist` leaves, made from the tarballs alone. */
export interface Release {
  /** Where the packages, tarballs, checksums are. */
  readonly folder: string;
  /** The unpacked tarballs, built. */
  readonly tree: string;
  readonly version: string;
  /** The file in `folder` whose name begins like that. */
  readonly file: (beginning: string) => string;
}

let folder: string | undefined;

/** A folder of this file of tests. */
function workFolder(name: string): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'qubes-rpc-packages-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

let first: Promise<Release> | undefined;

/** The release of this checkout. */
export function release(): Promise<Release> {
  first ??= (async () => {
    const project = await readProject(ROOT);
    const tarballs = workFolder('tarballs');
    await makeTarballs(ROOT, project, tarballs);
    const tree = await unpack(tarballs, tarballNames(project), 'tree', project.version);
    await run(tree, ['build.mjs']);
    return makeRelease(tree, 'release');
  })();
  return first;
}

/** The same, made once more by somebody else, elsewhere, out of the tarballs of the first. */
export async function releaseAgain(): Promise<Release> {
  const { folder: from, tree, version } = await release();
  const names = tarballNames({ ...(await readProject(tree)), version });
  const again = await unpack(from, names, 'another, longer folder', version);
  await cp(join(tree, 'dist'), join(again, 'dist'), { recursive: true, verbatimSymlinks: true });
  return makeRelease(again, 'release again', ELSEWHERE);
}

/** A later version, and the file of the policy that has changed in it. */
export const LATER = { version: '0.2.0', changed: '80-qubes-restore.policy' } as const;

let later: Promise<Release> | undefined;

/** The release of the later version. */
export function laterRelease(): Promise<Release> {
  later ??= (async () => {
    const { tree: from } = await release();
    const tree = workFolder('later');
    await cp(from, tree, { recursive: true, verbatimSymlinks: true });
    const file = join(tree, 'package.json');
    const facts = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...facts, version: LATER.version }));
    await writeFile(join(tree, 'policy', LATER.changed), '# Changed in a later version.\n');
    return makeRelease(tree, 'release later');
  })();
  return later;
}

async function unpack(
  from: string,
  { source, vendor }: ReturnType<typeof tarballNames>,
  name: string,
  version: string,
): Promise<string> {
  const into = workFolder(name);
  const tree = join(into, `qubes-rpc-${version}`);
  await execa('tar', ['-xf', join(from, source), '-C', into]);
  await execa('tar', ['-xf', join(from, vendor), '-C', tree]);
  return tree;
}

async function makeRelease(tree: string, name: string, where = HERE): Promise<Release> {
  const made = workFolder(name);
  for (const kind of ['rpm', 'deb']) {
    const part = join(made, kind);
    await run(tree, ['--import=./register.mjs', `rpm/make-${kind}.ts`, part], where);
    for (const one of await readdir(part)) await cp(join(part, one), join(made, one));
    rmSync(part, { recursive: true });
  }
  await run(tree, ['--import=./register.mjs', 'rpm/make-dist.ts', made], where);
  const names = await readdir(made);
  const { version } = await readProject(tree);
  return {
    folder: made,
    tree,
    version,
    file: (beginning) => join(made, names.find((one) => one.startsWith(beginning)) ?? beginning),
  };
}

/** Without a network, unless this machine forbids to do without. */
async function run(tree: string, args: readonly string[], { begin, env } = HERE): Promise<void> {
  const [program = '', ...rest] = [...begin, ...(await offline()), process.execPath, ...args];
  await execa(program, rest, { cwd: tree, env: { ...ENV, ...env }, stdin: 'ignore' });
}

async function offline(): Promise<readonly string[]> {
  const alone = ['unshare', '--net', '--map-root-user'] as const;
  const [program, ...words] = alone;
  return (await execa(program, [...words, 'true'], { reject: false })).failed ? [] : alone;
}
