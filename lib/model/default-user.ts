import { DEFAULT_MODE } from './boot-mode.ts';
import { featureWithTemplate } from './feature-lookup.ts';
import { bootmode, defaultUser } from './properties/local.ts';
import type { Qube } from './qube.ts';

/** The user that programs in a qube run as: the one of its boot mode, if that has one. */
export function userOf(qube: Qube): string {
  const mode = qube.get(bootmode);
  const own =
    mode === DEFAULT_MODE ? undefined : featureWithTemplate(qube, `boot-mode.default-user.${mode}`);
  return own ?? qube.get(defaultUser);
}
