import type { AdminClient } from '../admin/client.ts';
import type { QubeClient } from '../admin/qube-client.ts';
import { asOurs } from '../base/as-ours.ts';
import { AdminError, DeviceAlreadyAssigned, QubesVMNotFoundError } from '../base/admin-error.ts';
import { RefusedError } from '../base/errors.ts';
import type { PlannedDevice } from '../base/restore-plan.ts';
import { RESTORED, RESTORING, restoredTag } from '../base/restore-tags.ts';
import type { RestoreJournal } from './restore-journal.ts';
import type { RestoreReport } from './restore-report.ts';
import { inStages, type RestoredQube } from './restored-qube.ts';
import { PRELOAD } from './set-up-qube.ts';
import { someSettled } from './some-settled.ts';

export interface FinishTools {
  /** Its calls work even when the run was cancelled. */
  readonly client: AdminClient;
  readonly journal: RestoreJournal;
  readonly report: RestoreReport;
  /** What is not complete stays, under its tag. */
  readonly keep: boolean;
  /** As in a sandbox: who started us removes qubes and takes the tag away. */
  readonly givenTag: boolean;
  readonly when: Date;
}

/** Without them a qube would go by the default of the system, and so by another network. */
const NONE_IF_REFUSED: readonly string[] = ['netvm', 'default_dispvm'];

/**
 * Brings all to their end: what is complete gets its devices and the qubes it refers to, and can be
 * started from then on; what is not complete is removed or kept.
 * @throws NeedsError when the daemon does not answer
 */
export async function finishQubes(
  qubes: readonly RestoredQube[],
  tools: FinishTools,
): Promise<void> {
  await clearAway(qubes, tools);
  const complete = qubes.filter(({ progress }) => progress === 'complete');
  const earlier = qubes.filter(({ progress }) => progress === 'done');
  await someSettled(complete, (qube) => connect(qube, tools));
  await someSettled(earlier, (qube) => connectAfterwards(qube, qubes, tools));
  await someSettled(complete, (qube) => release(qube, tools));
  // Disposables start at once: all that they need must be able to.
  await someSettled(complete, async (qube) => {
    await preload(qube, tools);
    await tools.journal.add({ note: 'done', qube: qube.name });
    qube.progress = 'done';
  });
}

/** Removes what is not complete, or leaves it under the tag. */
async function clearAway(qubes: readonly RestoredQube[], tools: FinishTools): Promise<void> {
  for (const stage of [...inStages(qubes)].reverse()) {
    const incomplete = stage.filter((qube) => qube.has('made') && !qube.has('complete'));
    if (tools.keep || tools.givenTag) continue;
    await someSettled(incomplete, async (qube) => {
      // A template goes only with all that was made of it.
      const isNeeded = qubes.some(
        (other) => other.has('made') && other.planned.template === qube.newName,
      );
      if (!qube.waitsForTemplate && !isNeeded) await remove(qube, tools);
    });
  }
}

/** What has lost the tag is in somebody else's hands by now. */
async function remove(qube: RestoredQube, tools: FinishTools): Promise<void> {
  const { client, journal, report } = tools;
  const there = client.qube(qube.newName);
  try {
    if (!(await there.tags.has(RESTORING))) return;
    await there.remove();
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    const isGone = error instanceof QubesVMNotFoundError;
    if (!isGone) {
      const message = `Cannot remove ${qube.newName}, which is not complete: ${error.message}`;
      const { wireName } = error;
      report.tell(new RefusedError(message, { qube: qube.name, wireName }));
      return;
    }
  }
  await journal.add({ note: 'gone', qube: qube.name });
  qube.progress = 'planned';
  qube.wasRemoved = true;
}

async function connect(qube: RestoredQube, { client, report }: FinishTools): Promise<void> {
  const { planned } = qube;
  const there = client.qube(qube.newName);
  // A qube whose rules got lost lets nothing pass.
  if (qube.lacksFirewall) {
    const drop = new Map([['action', 'drop']]);
    await report.attempt(qube, 'a firewall that drops all', () => there.firewall.setRules([drop]));
  }
  for (const [name, value] of Object.entries(planned.references)) {
    const set = (to: string): Promise<void> => there.properties.set(name, to);
    const isSet = await report.attempt(qube, `the property ${name}`, () => set(value ?? ''));
    if (isSet || !NONE_IF_REFUSED.includes(name)) continue;
    await report.attempt(qube, `the property ${name} to none`, () => set(''));
  }
  for (const device of planned.devices) {
    const { bus, backendDomain = '*', portId } = device;
    const what = `the ${bus} device ${backendDomain}:${portId}`;
    await report.attempt(qube, what, () => assign(there, device));
  }
}

/** A qube that an earlier run let go without another, which is there now, gets it if it has none. */
async function connectAfterwards(
  qube: RestoredQube,
  qubes: readonly RestoredQube[],
  { client, report }: FinishTools,
): Promise<void> {
  const { properties } = client.qube(qube.newName);
  for (const [name, value] of Object.entries(qube.planned.references)) {
    const what = `the property ${name}`;
    const lacksIt = qube.notSet.some((one) => one.what === what);
    const other = qubes.find(({ newName }) => newName === value);
    if (!lacksIt || other?.has('complete') !== true) continue;
    await report.attempt(qube, what, async () => {
      const now = await properties.get(name);
      if (now.value === '' || now.default) await properties.set(name, other.newName);
    });
  }
}

/** A run that broke off may have assigned it. */
async function assign(qube: QubeClient, planned: PlannedDevice): Promise<void> {
  const { bus, backendDomain = '*', portId, identity, mode, options } = planned;
  const device = { backend: backendDomain, port: portId, id: identity };
  try {
    await qube.devices(bus).assign(device, mode, new Map(Object.entries(options)));
  } catch (error) {
    if (!(error instanceof DeviceAlreadyAssigned)) throw error;
  }
}

/** From here on it can be started. */
async function release(
  qube: RestoredQube,
  { client, report, givenTag, when }: FinishTools,
): Promise<void> {
  const { tags } = client.qube(qube.newName);
  const earlier = qube.planned.tags.filter((tag) => tag.startsWith(RESTORED));
  for (const tag of [...earlier, restoredTag(when)]) {
    await report.attempt(qube, `the tag ${tag}`, () => tags.add(tag));
  }
  if (givenTag) return;
  // A run that broke off here may have done it.
  if (await tags.has(RESTORING)) await tags.remove(RESTORING);
}

/** Nothing is lost without: where its template cannot preload, disposables begin when asked for. */
async function preload(qube: RestoredQube, { client, report }: FinishTools): Promise<void> {
  const most = qube.planned.features[PRELOAD];
  if (most === undefined) return;
  const { features } = client.qube(qube.newName);
  try {
    await features.set(PRELOAD, most);
  } catch (error) {
    const ours = asOurs(error);
    if (!(ours instanceof RefusedError)) throw error;
    report.warnNotPreloaded(
      qube,
      `No disposables of ${qube.newName} are preloaded: ${ours.message}`,
    );
  }
}
