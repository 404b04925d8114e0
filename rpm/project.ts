import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';
import * as z from 'zod';

const PackageFile = z.object({
  version: z.string(),
  license: z.string(),
  author: z.string(),
  homepage: z.string(),
  engines: z.object({ node: z.string().startsWith('>=') }),
  dependencies: z.record(z.string(), z.string()),
});

/** What the packages say about the project; all of it is written in package.json. */
export interface Project {
  readonly version: string;
  readonly licence: string;
  /** Who holds the rights, and looks after the packages. */
  readonly author: string;
  readonly homepage: string;
  /** The oldest Node that will do. */
  readonly node: string;
  readonly dependencies: readonly string[];
  /** The time of all that is made, in seconds: the same sources make the same bytes. */
  readonly epoch: number;
}

/** Reads what a checkout, or an unpacked source tarball, says about itself. */
export async function readProject(root: string): Promise<Project> {
  const file = join(root, 'package.json');
  const { version, license, author, homepage, engines, dependencies } = PackageFile.parse(
    JSON.parse(await readFile(file, 'utf8')),
  );
  return {
    version,
    licence: license,
    author,
    homepage,
    node: engines.node.slice('>='.length),
    dependencies: Object.keys(dependencies),
    epoch: await sourceEpoch(root, file),
  };
}

/** As told, else that of the last commit, else that of the tarball: its files all have it. */
async function sourceEpoch(root: string, file: string): Promise<number> {
  const { SOURCE_DATE_EPOCH: told } = process.env;
  if (told !== undefined && /^[0-9]+$/.test(told)) return Number(told);
  const git = await execa('git', ['-C', root, 'log', '-1', '--format=%ct'], { reject: false });
  return git.exitCode === 0 ? Number(git.stdout) : Math.floor((await stat(file)).mtimeMs / 1000);
}
