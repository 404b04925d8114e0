import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';

import { type SocketName, socketOf } from '../../admin/start-host.ts';
import { NeedsError } from '../../base/errors.ts';
import type { Choice } from './choice.ts';
import type { Machine } from './machine.ts';
import { namesIn, ourNames } from './whose.ts';

/** The program that only passes a call on to the host. */
const PASS_ON = 'admin-call.cjs';

/** What can be switched together: services that belong together. */
export const FAMILIES = ['restore', 'wait', 'admin', 'notify'] as const;
export type Family = (typeof FAMILIES)[number];

/** By the beginnings of names, the first that fits; the rest sends, takes and finds backups. */
const BEGINNINGS: readonly (readonly [beginning: string, family: Family])[] = [
  ['admin.', 'admin'],
  ['qubes.WaitFor', 'wait'],
  ['qubes.FeaturesRequest', 'notify'],
  ['qubes.Notify', 'notify'],
];

/** Calls among programs of dom0, by a socket only: qrexec brings none. */
const INTERNAL = 'internal.';

/** A service of ours. */
export interface OurService {
  readonly name: string;
  readonly family: Family;
  /** The socket of the resident host that serves it; undefined for one that runs as a process. */
  readonly socket: SocketName | undefined;
  /** Not so when its package has gone, and something is left: a link, or that it was chosen. */
  readonly isInstalled: boolean;
}

/** One that is installed. */
export interface InstalledService extends OurService {
  /** Whether qrexec is told something of how to call it as a process. */
  readonly hasConfig: boolean;
}

/** The services that our packages have installed, by name. */
export async function installedServices(machine: Machine): Promise<readonly InstalledService[]> {
  const folder = machine.at(machine.pathOf('services'));
  const names = await namesIn(folder);
  const configured = await namesIn(machine.at(machine.pathOf('rpc-config')));
  const called = names.filter((name) => !name.startsWith(INTERNAL)).sort();
  return Promise.all(
    called.map(async (name) => ({
      name,
      family: familyOf(name),
      socket: (await isPassedOn(`${folder}/${name}`)) ? socketOf(name) : undefined,
      isInstalled: true,
      hasConfig: configured.includes(name),
    })),
  );
}

/** The services that are not installed any more, of which something is left, by name. */
export async function goneServices(
  machine: Machine,
  installed: readonly OurService[],
  { services }: Choice,
): Promise<readonly OurService[]> {
  const entries = await ourNames(machine, machine.entries);
  const configs = await ourNames(machine, machine.configs);
  const names = new Set([...services, ...entries, ...configs].filter(isName));
  for (const { name } of installed) names.delete(name);
  return [...names].sort().map((name) => ({
    name,
    family: familyOf(name),
    socket: undefined,
    isInstalled: false,
  }));
}

/** Not what a change that was cut short has left. */
function isName(name: string): boolean {
  return !name.startsWith('.');
}

/** @throws NeedsError when there are none */
export function requireSome(machine: Machine, services: readonly OurService[]): void {
  if (services.length > 0) return;
  const folder = machine.at(machine.pathOf('services'));
  throw new NeedsError(`No services are installed: there are none in ${folder}`, {
    hint: 'Install qubes-rpc-vm in a template, or qubes-rpc-dom0 in dom0.',
  });
}

function familyOf(name: string): Family {
  return BEGINNINGS.find(([beginning]) => name.startsWith(beginning))?.[1] ?? 'restore';
}

async function isPassedOn(path: string): Promise<boolean> {
  return basename(await readlink(path).catch(() => '')) === PASS_ON;
}
