import { templateForDispvms } from '../properties/template-for-dispvms.ts';
import type { Qube, System } from '../qube.ts';
import { attempt } from '../power/settle.ts';
import { preloadMax } from './preload-features.ts';
import { keeperOf } from './registry.ts';

/** Templates of disposables of which some are to be started ahead. */
export function preloadTemplates({ qubes }: System): readonly Qube[] {
  return [...qubes].filter(
    (qube) =>
      qube.className === 'AppVM' && qube.find(templateForDispvms) === true && preloadMax(qube) > 0,
  );
}

/**
 * Has all templates that are to fill their stocks of disposables, at the same time. One that cannot
 * does not keep the others from it; it goes to the log.
 * @param reason for the event that announces it
 */
export async function preloadAll(system: System, reason: string): Promise<void> {
  await Promise.all(
    preloadTemplates(system).map((template) =>
      attempt(template, 'fill its stock of disposables', async () =>
        keeperOf(template)?.start(reason),
      ),
    ),
  );
}
