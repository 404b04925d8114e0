import type { App } from '../app.ts';
import { createDisposable, tagCreated } from '../create-qube.ts';
import type { Qube } from '../qube.ts';
import { keeperOf } from './registry.ts';

/**
 * Gives an unnamed disposable: one of the stock, which runs already, or else a new one, which is to
 * be started.
 * @param createdBy whom it is for
 * @throws QubesException when `template` is not one of disposables; when disk or store refuse
 */
export async function provideDisposable(app: App, template: Qube, createdBy: Qube): Promise<Qube> {
  const adopt = (qube: Qube): void => tagCreated(qube, createdBy);
  const ready = await keeperOf(template)?.request(adopt);
  return ready ?? createDisposable(app, template, createdBy);
}
