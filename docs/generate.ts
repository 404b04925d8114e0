// Writes what is made from the declarations of the services: `make generate`.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { adminPolicy } from '../lib/policy/admin-policy.ts';
import type { QrexecConfig } from '../lib/rpc/service.ts';
import { declaredServices } from './declarations.ts';
import { serviceReference } from './service-reference.ts';

const ROOT = join(import.meta.dirname, '..');

/** The files that are made, by their paths in the repository. */
export async function generated(): Promise<ReadonlyMap<string, string>> {
  const { admin, streams } = await declaredServices();
  return new Map([
    ['policy/90-admin-default.policy', adminPolicy([...admin, ...streams])],
    ['docs/services.md', serviceReference(admin, streams)],
    ...streams.flatMap(({ name, config }) =>
      config === undefined ? [] : [[`rpc-config/${name}`, qrexecConfig(config)] as const],
    ),
  ]);
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
