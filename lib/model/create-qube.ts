import { QubesException, QubesVMAlreadyExistsError } from '../base/admin-error.ts';
import { QubesRpcError } from '../base/errors.ts';
import { RESTORING } from '../base/restore-tags.ts';
import type { VolumeRecord } from '../storage/storage.ts';
import type { App } from './app.ts';
import { CREATED_BY } from './behaviour/created-by.ts';
import { nameOfDispid } from './dispids.ts';
import { inheritRules } from './firewall/firewall-file.ts';
import type { Label } from './label.ts';
import { layOutVolumes } from './lay-out-volumes.ts';
import type { WantedPools } from './lay-out-volumes.ts';
import { completeQube, draftQube } from './new-qube.ts';
import type { NewQube } from './new-qube.ts';
import { autoCleanup } from './properties/auto-cleanup.ts';
import { templateForDispvms } from './properties/template-for-dispvms.ts';
import type { Qube } from './qube.ts';
import { toVolume } from './qube-volumes.ts';
import { createVolumes, discardVolumes, removeAbandonedVolumes } from './volumes.ts';

/** What `admin.vm.Create` and `CreateInPool` ask for. */
export interface WantedQube extends NewQube, WantedPools {
  readonly label: Label;
  readonly createdBy: Qube;
  /** It is made to be restored, and must not start before that is done. */
  readonly restoring?: boolean;
}

/**
 * Creates a qube, on disk and in the store. One that fails leaves nothing behind.
 * @throws QubesVMAlreadyExistsError
 * @throws AdminError for a class, template or pool that cannot be; when disk or store refuse
 */
export function createQube(app: App, wanted: WantedQube): Promise<Qube> {
  return create(app, wanted, (qube) => {
    enlist(app, qube);
    if (wanted.restoring === true) qube.tags.add(RESTORING);
    qube.tags.add(`${CREATED_BY}${wanted.createdBy.name}`);
    if (qube.folder !== undefined) qube.fire('domain-create-on-disk', {});
  });
}

/** @throws QubesVMAlreadyExistsError */
export function requireUnusedName(app: App, name: string): void {
  if (app.qubes.find(name) === undefined) return;
  throw new QubesVMAlreadyExistsError(`Qube already exists: ${name}`);
}

/**
 * Creates a disposable, named by its number, that goes when it has shut down.
 * @throws QubesException when `template` is not one of disposables; when disk or store refuse
 */
export function createDisposable(app: App, template: Qube, createdBy: Qube): Promise<Qube> {
  return createUnnamed(app, template, (qube) => {
    qube.fire('domain-create-on-disk', {});
    tagCreated(qube, createdBy);
  });
}

/** Says of a disposable who called for it. */
export function tagCreated(qube: Qube, createdBy: Qube): void {
  qube.tags.add(`${CREATED_BY}${createdBy.name}`);
  qube.tags.add(`disp-${CREATED_BY}${createdBy.name}`);
}

/**
 * Creates a disposable that goes when it has shut down.
 * @param introduce what is done with it once it is listed, in the same step
 * @param requireWanted asked when its files are there and nobody knows of it yet; may throw
 * @throws QubesException when `template` is not one of disposables; when disk or store refuse
 */
export function createUnnamed(
  app: App,
  template: Qube,
  introduce: (qube: Qube) => void,
  requireWanted: () => void = () => undefined,
): Promise<Qube> {
  requireOfDisposables(template);
  const number = unusedNumber(app);
  const wanted = {
    className: 'DispVM',
    name: nameOfDispid(number),
    template,
    dispid: number,
  } as const;
  return create(app, wanted, (qube) => {
    requireWanted();
    qube.set(autoCleanup, true);
    enlist(app, qube);
    introduce(qube);
  });
}

/** @throws QubesException when a qube is no template of disposables */
export function requireOfDisposables(template: Qube): void {
  if (template.find(templateForDispvms) === true) return;
  throw new QubesException(
    'Refusing to create disposable out of app qube which has template_for_dispvms=False',
  );
}

/**
 * The steps of every creation. Its files come first, so that a qube is never listed without; until
 * they are there its name is kept for it by the lock.
 * @param introduce lists the qube
 */
function create(
  app: App,
  wanted: NewQube & WantedPools,
  introduce: (qube: Qube) => void,
): Promise<Qube> {
  return app.qubeLock.run(wanted.name, async () => {
    const number = wanted.dispid ?? (wanted.className === 'DispVM' ? app.takeDispid() : undefined);
    try {
      requireUnusedName(app, wanted.name);
      const qube = app.apply(() => draftQube(app, { ...wanted, dispid: number }));
      const volumes = layOutVolumes(qube, wanted);
      await withFiles(qube, volumes, async () => {
        if (wanted.className === 'DispVM') await inheritRules(qube);
        app.apply(() => {
          completeQube(app, qube);
          for (const [volume, record] of volumes) {
            // Its pool may have been removed while the files were made.
            toVolume(qube, record);
            qube.setVolume(volume, record);
          }
          introduce(qube);
        });
        await app.save();
      });
      return qube;
    } catch (error) {
      if (number !== undefined) app.takeBackDispid(number);
      throw error;
    }
  });
}

/** Makes folder and volumes; if the work fails for which they are, they go again. */
async function withFiles(
  qube: Qube,
  volumes: ReadonlyMap<string, VolumeRecord>,
  work: () => Promise<void>,
): Promise<void> {
  await removeAbandonedVolumes(qube, volumes);
  await createFolder(qube);
  try {
    const created = await createVolumes(qube, volumes);
    await work().catch(async (error: unknown) => {
      await discardVolumes(created);
      throw error;
    });
  } catch (error) {
    // Whatever cannot be removed either is found, and named, when the name is used again.
    const { folder, system } = qube;
    if (folder !== undefined) await system.storage.removeFolder(folder).catch(() => undefined);
    throw error;
  }
}

async function createFolder({ folder, system }: Qube): Promise<void> {
  if (folder === undefined) return;
  try {
    await system.storage.createFolder(folder);
  } catch (error) {
    if (error instanceof QubesRpcError) throw new QubesException(error.message, { cause: error });
    throw error;
  }
}

function enlist(app: App, qube: Qube): void {
  qube.become('new');
  qube.fire('domain-init', {});
  app.add(qube);
  qube.become('listed');
  app.fire('domain-add', { vm: qube });
}

/** People may have given such a name to another qube. */
function unusedNumber(app: App): number {
  for (;;) {
    const number = app.takeDispid();
    if (app.qubes.find(nameOfDispid(number)) === undefined) return number;
  }
}
