import { QubesException } from '../base/admin-error.ts';
import type { Domain, Due } from './domain.ts';
import type { AttachedDevice, PowerState } from './hypervisor.ts';
import type { MachineSettings } from './machine.ts';

export const SECOND_MS = 1000;

/**
 * A domain that leaves its first instruction, and what becomes of it then.
 * @param now milliseconds since 1970
 */
export function booted(domain: Domain, settings: MachineSettings, now: number): Domain {
  const { startSeconds = 0, crashes = {} } = settings;
  const crash = crashes[domain.name];
  const dues: Due[] = [];
  if (startSeconds > 0) dues.push(dueIn(startSeconds, 'Running', now));
  if (crash !== undefined) dues.push(dueIn(startSeconds + crash.afterSeconds, 'Crashed', now));
  return { ...domain, state: startSeconds > 0 ? 'Transient' : 'Running', hasRun: true, dues };
}

/** A domain that was asked to shut down; the same when it does not hear it. */
export function askedToShutDown(domain: Domain, settings: MachineSettings, now: number): Domain {
  const { shutdownSeconds = 0 } = settings;
  const hears = domain.state === 'Running' || domain.state === 'Transient';
  if (!hears || shutdownSeconds === 'never') return domain;
  const dues = [...domain.dues, dueIn(shutdownSeconds, 'Halted', now)];
  return { ...domain, state: 'Halting', dues };
}

export function withoutDevice(domain: Domain, device: AttachedDevice): Domain {
  return { ...domain, devices: domain.devices.filter((other) => !isSamePort(other, device)) };
}

/** @throws QubesException when the domain is in none of these states */
export function requireState(
  { name, state }: Domain,
  allowed: readonly PowerState[],
  becoming: string,
): void {
  if (allowed.includes(state)) return;
  throw new QubesException(`The domain ${name} cannot be ${becoming}: it is ${state}`);
}

function dueIn(seconds: number, to: Due['to'], now: number): Due {
  return { at: now + seconds * SECOND_MS, to };
}

function isSamePort(one: AttachedDevice, other: AttachedDevice): boolean {
  return (
    one.deviceClass === other.deviceClass &&
    one.backend === other.backend &&
    one.port === other.port
  );
}
