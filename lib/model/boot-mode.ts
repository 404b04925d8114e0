import { featureWithTemplate } from './feature-lookup.ts';
import { appvmDefaultBootmode } from './properties/appvm-default-bootmode.ts';
import { templateOf, withTemplates } from './properties/template.ts';
import type { Qube } from './qube.ts';

/** Stands for starting without the options of any mode. */
export const DEFAULT_MODE = 'default';

/**
 * The mode a qube starts in unless it is told another: the one it asked for itself, else the one
 * its template has for such qubes — each only if it is known what that mode means.
 */
export function defaultBootmode(qube: Qube): string {
  const active = qube.features.get('boot-mode.active');
  if (active !== undefined && isKnown(qube, active)) return active;
  for (const one of withTemplates(qube)) {
    const wanted = templateOf(one)?.find(appvmDefaultBootmode);
    if (wanted !== undefined && isKnown(one, wanted)) return wanted;
  }
  return DEFAULT_MODE;
}

function isKnown(qube: Qube, mode: string): boolean {
  return (
    mode === DEFAULT_MODE || featureWithTemplate(qube, `boot-mode.kernelopts.${mode}`) !== undefined
  );
}
