import { appvmDefaultBootmode } from '../properties/appvm-default-bootmode.ts';
import { DEFAULT_MODE } from '../boot-mode.ts';
import type { Qube } from '../qube.ts';

/** Features of all boot modes together. */
const MAX_FEATURES = 64;

const OPTIONS = 'boot-mode.kernelopts.';
const NAME = 'boot-mode.name.';
const USER = 'boot-mode.default-user.';
/** `boot-mode.`, what about a mode, and its own name, in which there is no dot. */
const FEATURE = /^boot-mode\.(kernelopts|name|default-user)\.([^.]+)$/;

/** Features that choose one of the modes. */
const CHOICES = ['boot-mode.active', 'boot-mode.appvm-default', 'boot-mode.standalone-default'];

/**
 * Takes over the boot modes a qube offers, each with options for the kernel, a name to show and a
 * user, and which of them it chooses.
 */
export function adoptBootModes(qube: Qube, requested: ReadonlyMap<string, string>): void {
  const offered = new Map([...requested].filter(([feature]) => isOffered(feature, requested)));
  if (isUsable(offered)) replaceModes(qube, offered);
  for (const choice of CHOICES) {
    const mode = requested.get(choice);
    const isForBased = choice === 'boot-mode.appvm-default';
    if (mode === undefined || !isKnown(qube, mode)) continue;
    if (!isForBased || qube.has(appvmDefaultBootmode)) qube.features.set(choice, mode);
  }
}

/** The default mode has no options of its own; it may have a name. */
function isOffered(feature: string, requested: ReadonlyMap<string, string>): boolean {
  const [, about, mode] = FEATURE.exec(feature) ?? [];
  if (about === undefined || mode === undefined) return false;
  return mode === DEFAULT_MODE ? about === 'name' : requested.has(`${OPTIONS}${mode}`);
}

/** None at all would wipe what there is; two modes of one name could not be told apart. */
function isUsable(offered: ReadonlyMap<string, string>): boolean {
  const names = [...offered].filter(([feature]) => feature.startsWith(NAME));
  const isUnique = new Set(names.map(([, name]) => name)).size === names.length;
  return isUnique && offered.size > 0 && offered.size <= MAX_FEATURES;
}

function replaceModes({ features }: Qube, offered: ReadonlyMap<string, string>): void {
  for (const feature of [...features.names()]) {
    const isMode = [OPTIONS, NAME, USER].some((prefix) => feature.startsWith(prefix));
    if (isMode && !offered.has(feature)) features.delete(feature);
  }
  features.update(offered);
}

function isKnown({ features }: Qube, mode: string): boolean {
  return mode === DEFAULT_MODE || features.has(`${OPTIONS}${mode}`);
}
