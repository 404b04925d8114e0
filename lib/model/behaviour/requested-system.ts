import { featureWithTemplate } from '../feature-lookup.ts';
import { qrexecTimeout } from '../properties/local.ts';
import { maxmem } from '../properties/memory.ts';
import type { Qube } from '../qube.ts';

/** Windows installs updates while it starts; seconds. */
const WINDOWS_TIMEOUT = 6000;

/** What of the system in a qube its features tell, and what it must look like to be believed. */
const FACTS: Readonly<Record<string, (value: string) => boolean>> = {
  'os-distribution': (value) => value !== '',
  'os-distribution-like': (value) => value !== '',
  'os-version': (value) => /^[0-9][0-9.-]*$/.test(value),
  'os-eol': isDate,
  'qubes-agent-version': (value) => /^[0-9]{1,3}\.[0-9]{1,3}$/.test(value),
  os: (value) => value === 'Windows' || value === 'Linux',
};

/** What Windows needs, where nobody has decided otherwise for the qube or its templates. */
const WINDOWS_FEATURES = {
  'stubdom-qrexec': true,
  'audio-model': 'ich6',
  timezone: 'localtime',
  'no-monitor-layout': true,
};

/** Takes over which operating system a qube says it has, and gives Windows what it needs. */
export function adoptOperatingSystem(qube: Qube, requested: ReadonlyMap<string, string>): void {
  for (const [feature, isCredible] of Object.entries(FACTS)) {
    const value = requested.get(feature);
    if (value !== undefined && isCredible(value)) qube.features.set(feature, value);
  }
  if (requested.get('os') === 'Windows' && requested.get('qrexec') === '1') furnishWindows(qube);
}

function furnishWindows(qube: Qube): void {
  qube.features.set('rpc-clipboard', true);
  if (qube.isDefault(maxmem)) qube.set(maxmem, 0);
  if (qube.isDefault(qrexecTimeout)) qube.set(qrexecTimeout, WINDOWS_TIMEOUT);
  for (const [feature, value] of Object.entries(WINDOWS_FEATURES)) {
    if (featureWithTemplate(qube, feature) === undefined) qube.features.set(feature, value);
  }
}

/** `YYYY-MM-DD` of a day that there is. */
function isDate(value: string): boolean {
  const isForm = /^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value);
  const time = new Date(`${value}T00:00:00Z`);
  return isForm && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(value);
}
