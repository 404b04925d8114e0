import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { sandbox } from '../support/sandbox.ts';
import { bringNode, bringProgram, newRoot, type Root } from './root.ts';
import { stockFiles } from './stock-root.ts';
import { buildDebianStub, type Stub } from './stub-package.ts';

/** What Qubes OS has in templates of Debian of the files that we could install. */
const OF_TEMPLATES = ['qubes-core-agent', 'qubes-core-qrexec'];

/** A root of dpkg with Node, as a package and to run, what scripts of packages use, and nothing of Qubes OS. */
export async function debianRoot(t: ExecutionContext): Promise<Root> {
  const root = await newRoot(t);
  await bringNode(root);
  await bringProgram(root, '/bin/sh');
  await bringProgram(root, '/bin/rm', '/usr/bin/rm');
  await mkdir(root.at('var', 'log'), { recursive: true });
  for (const name of ['info', 'updates']) {
    await mkdir(root.at('var', 'lib', 'dpkg', name), { recursive: true });
  }
  await writeFile(root.at('var', 'lib', 'dpkg', 'status'), '');
  await addStub(t, root, { name: 'nodejs', version: '20.11' });
  return root;
}

/** The same where packages of Qubes OS own what they do, with content by which it is known again. */
export async function debianTemplate(t: ExecutionContext, tree: string): Promise<Root> {
  const root = await debianRoot(t);
  for (const [name, files] of await stockFiles(tree)) {
    if (OF_TEMPLATES.includes(name)) await addStub(t, root, { name, version: '4.4.0', files });
  }
  return root;
}

async function addStub(t: ExecutionContext, root: Root, stub: Stub): Promise<void> {
  const folder = join(await sandbox(t), stub.name);
  await mkdir(folder);
  await root.dpkg('--install', await buildDebianStub(folder, stub));
}
