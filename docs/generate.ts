// Writes what is made from the declarations of the services: `make generate`.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import * as z from 'zod';

import { adminPolicy } from '../lib/policy/admin-policy.ts';
import type { QrexecConfig } from '../lib/rpc/service.ts';
import { declaredServices } from './declarations.ts';
import { serviceReference } from './service-reference.ts';
import { servicesPage } from './services-page.ts';

const ROOT = join(import.meta.dirname, '..');

/** The files that are made, by their paths in the repository. */
export async function generated(): Promise<ReadonlyMap<string, string>> {
  const { admin, streams } = await declaredServices();
  return new Map([
    ['policy/90-admin-default.policy', adminPolicy([...admin, ...streams])],
    ['docs/services.md', serviceReference(admin, streams)],
    ['docs/man/qubes-rpc-services.7', servicesPage(admin, streams)],
    ['lib/base/version.ts', versionModule(await packageVersion())],
    ...streams.flatMap(({ name, config }) =>
      config === undefined ? [] : [[`rpc-config/${name}`, qrexecConfig(config)] as const],
    ),
  ]);
}

async function packageVersion(): Promise<string> {
  const untrustedText = await readFile(join(ROOT, 'package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(untrustedText)).version;
}

function versionModule(version: string): string {
  return `/** The version of this project. Made from package.json by \`make generate\`. */
export const VERSION = '${version}';
`;
}

function qrexecConfig(config: QrexecConfig): string {
  const lines = Object.entries(config).map(([key, value]) =>
    typeof value === 'string' ? `${key}='${value}'\n` : `${key}=${value}\n`,
  );
  return `# Made by \`make generate\`.\n${lines.join('')}`;
}

if (import.meta.filename === process.argv[1]) {
  for (const [path, text] of await generated()) {
    await mkdir(dirname(join(ROOT, path)), { recursive: true });
    await writeFile(join(ROOT, path), text);
  }
}
