import { ProtocolError } from '../base/admin-error.ts';
import { adoptBootModes } from './behaviour/requested-boot-modes.ts';
import { adoptOperatingSystem } from './behaviour/requested-system.ts';
import { templateOf } from './properties/template.ts';
import type { Qube } from './qube.ts';

const SAFE_VALUE = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.,_= ';

/** Taken over unless the feature is set already, for a person may have decided otherwise. */
const FIRST_WORD = ['qrexec', 'gui', 'gui-emulated'];
/** Taken over each time. */
const LAST_WORD = ['qubes-firewall', 'vmexec'];

/** What a qube asks for itself, judged as far as its form goes. */
export type Requested = ReadonlyMap<string, string>;

/**
 * Grants what a qube, mostly a template, may ask for itself, and passes over all else without a
 * word. A qube with a template has its features from there, but may say which services it offers.
 * @throws ProtocolError when there is a value that no feature could have
 */
export function requestFeatures(qube: Qube, untrusted: ReadonlyMap<string, string>): void {
  const requested = accept(untrusted);
  const isItsOwn = templateOf(qube) === undefined;
  adoptSupported(qube, 'supported-rpc.', requested);
  if (isItsOwn) {
    adoptSupported(qube, 'supported-service.', requested);
    adoptSupported(qube, 'supported-feature.', requested);
  }
  qube.fire('features-request', { untrusted_features: requested });
  if (!isItsOwn) return;
  adoptOperatingSystem(qube, requested);
  adoptBootModes(qube, requested);
  // It may hide the time zone from itself, and not undo that.
  if (requested.get('anon-timezone') === '1') qube.features.set('anon-timezone', true);
  adoptAgents(qube, requested);
}

function accept(untrusted: ReadonlyMap<string, string>): Requested {
  const accepted = new Map<string, string>();
  for (const [untrustedName, untrustedValue] of untrusted) {
    if (!/^[a-zA-Z0-9.,_= -]*$/.test(untrustedValue)) {
      throw new ProtocolError(`Value outside safe set: ${SAFE_VALUE}`);
    }
    if (/^[a-zA-Z0-9_.-]+$/.test(untrustedName)) accepted.set(untrustedName, untrustedValue);
  }
  return accepted;
}

/** The list is the whole of it: what is no longer on it goes. An empty one says nothing. */
function adoptSupported({ features }: Qube, prefix: string, requested: Requested): void {
  const now = new Set(
    [...requested].filter(([name, value]) => name.startsWith(prefix) && value === '1').map(first),
  );
  if (now.size === 0) return;
  const before = [...features].filter(([name, value]) => name.startsWith(prefix) && value !== '');
  for (const name of now) if (!features.isOn(name)) features.set(name, true);
  for (const [name] of before) if (!now.has(name)) features.delete(name);
  if (prefix === 'supported-service.') followAppArmor(features, before.map(first), now);
}

function followAppArmor(
  features: Qube['features'],
  before: readonly string[],
  now: ReadonlySet<string>,
): void {
  const service = 'supported-service.apparmor';
  const had = before.includes(service);
  if (now.has(service) && !had && !features.has('apparmor')) features.set('apparmor', true);
  if (!now.has(service) && had && features.get('apparmor') === '1') features.delete('apparmor');
}

/** The first word of qrexec means that the qube is installed, and what follows that can be done. */
function adoptAgents(qube: Qube, requested: Requested): void {
  const { features } = qube;
  const isNew = !features.isOn('qrexec');
  for (const name of FIRST_WORD) if (!features.has(name)) adoptSwitch(qube, name, requested);
  for (const name of LAST_WORD) adoptSwitch(qube, name, requested);
  if (isNew && features.isOn('qrexec')) qube.fire('template-postinstall', {});
}

function adoptSwitch({ features }: Qube, name: string, requested: Requested): void {
  const value = requested.get(name);
  if (value === '1' || value === '0') features.set(name, value === '1');
}

function first([name]: readonly [string, string]): string {
  return name;
}
