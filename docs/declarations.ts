import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { AdminService, Presence } from '../lib/rpc/admin-service.ts';
import type { Service } from '../lib/rpc/service.ts';

const SERVICES = join(import.meta.dirname, '..', 'services');

/** What a file of `services/` declares: calls of the resident host, or one executable. */
interface Declarations {
  readonly services?: readonly AdminService[];
  readonly service?: Service;
}

/** All services: those of the resident host, and those that run as a process for each call. */
export async function declaredServices(): Promise<{
  readonly admin: readonly AdminService[];
  readonly streams: readonly Service[];
}> {
  const files = (await readdir(SERVICES)).filter((file) => file.endsWith('.ts')).sort();
  const declared = await Promise.all(files.map(read));
  return {
    admin: declared.flatMap(({ services }) => services ?? []),
    streams: declared.flatMap(({ service }) => service ?? []),
  };
}

/** Whether an executable refuses a call without an argument. */
export function streamArgument({ argument }: Service): Presence {
  try {
    argument('');
    return 'none';
  } catch {
    return 'required';
  }
}

async function read(file: string): Promise<Declarations> {
  return (await import(pathToFileURL(join(SERVICES, file)).href)) as Declarations;
}
