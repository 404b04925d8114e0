import type { AdminClient } from '../admin/client.ts';
import type { NewQube } from '../admin/new-qube.ts';
import { AdminError, ProtocolError } from '../base/admin-error.ts';
import { NoAnswerError, RefusedError } from '../base/errors.ts';
import { RESTORING } from '../base/restore-tags.ts';
import type { PlannedQube } from '../base/restore-plan.ts';
import type { RestoreJournal } from './restore-journal.ts';
import type { RestoreReport } from './restore-report.ts';
import { inStages, type RestoredQube } from './restored-qube.ts';
import { someSettled } from './some-settled.ts';

export interface MakeTools {
  readonly client: AdminClient;
  readonly journal: RestoreJournal;
  readonly report: RestoreReport;
  /** The daemon gives the tag to all that we create, as in a sandbox: we need not. */
  readonly givenTag: boolean;
}

/**
 * Makes the qubes that are not there yet, templates first. None of them can be started: each has the
 * tag for that. One that cannot be made is told and stays `planned`.
 * @throws NeedsError when the daemon does not answer, CancelledError
 */
export async function makeQubes(qubes: readonly RestoredQube[], tools: MakeTools): Promise<void> {
  const maker = new Maker(tools);
  for (const stage of inStages(qubes)) {
    const missing = stage.filter((qube) => !qube.has('made'));
    // The first one finds out what the daemon takes.
    await someSettled(missing.slice(0, 1), (qube) => maker.make(qube));
    await someSettled(missing.slice(1), (qube) => maker.make(qube));
    // Disposables that come next need it. An earlier run may have made the qube and come no further.
    const made = stage.filter(({ progress }) => progress === 'made');
    await someSettled(made, (qube) => allowDisposables(qube, tools));
  }
  await noteUuids(qubes, tools);
}

class Maker {
  readonly #tools: MakeTools;
  /** Undefined until the daemon was asked. */
  #takesTag: boolean | undefined;

  constructor(tools: MakeTools) {
    this.#tools = tools;
    if (tools.givenTag) this.#takesTag = false;
  }

  async make(qube: RestoredQube): Promise<void> {
    const { journal, report } = this.#tools;
    const { name, newName, planned } = qube;
    await journal.add({ note: 'making', qube: name, newName });
    try {
      await this.#create(newQube(planned));
    } catch (error) {
      if (!(error instanceof AdminError)) {
        // Nobody knows whether it is there: whoever clears away will look.
        qube.progress = 'made';
        throw error;
      }
      await journal.add({ note: 'gone', qube: name });
      const message = `Cannot make the qube ${newName}: ${error.message}`;
      report.tell(new RefusedError(message, { qube: name, wireName: error.wireName }));
      return;
    }
    qube.progress = 'made';
  }

  async #create(wanted: NewQube): Promise<void> {
    const { client, givenTag } = this.#tools;
    if (this.#takesTag !== false && (await this.#createWithTag(wanted))) return;
    await client.create(wanted);
    if (givenTag) return;
    const made = client.qube(wanted.name);
    try {
      await made.tags.add(RESTORING);
    } catch (error) {
      if (error instanceof AdminError) await made.remove();
      throw error;
    }
  }

  /**
   * Stock qubesd does not take the tag at once, and says so, or nothing, before it makes anything.
   * @returns false then
   */
  async #createWithTag(wanted: NewQube): Promise<boolean> {
    const { client } = this.#tools;
    try {
      await client.create({ ...wanted, restoring: true });
    } catch (error) {
      const hasNoAnswer = error instanceof NoAnswerError;
      // A daemon that went away may have made it before.
      if (hasNoAnswer && (await isMade(client, wanted.name))) return true;
      const isRefused = hasNoAnswer || error instanceof ProtocolError;
      if (!isRefused || this.#takesTag === true) throw error;
      this.#takesTag = false;
      return false;
    }
    this.#takesTag = true;
    return true;
  }
}

/** With the tag it is ours, and not one that somebody made meanwhile. */
async function isMade(client: AdminClient, name: string): Promise<boolean> {
  const isThere = (await client.list()).some((qube) => qube.name === name);
  return isThere && (await client.qube(name).tags.has(RESTORING));
}

async function allowDisposables(qube: RestoredQube, { client, report }: MakeTools): Promise<void> {
  const value = qube.planned.properties['template_for_dispvms'];
  if (value === undefined || value === null) return;
  await report.attempt(qube, 'the property template_for_dispvms', () =>
    client.qube(qube.newName).properties.set('template_for_dispvms', value),
  );
}

function newQube({ newName, class: className, label, template, volumes }: PlannedQube): NewQube {
  const pools = new Map(volumes.flatMap(({ name, pool }) => (pool ? [[name, pool]] : [])));
  const [only, ...others] = new Set(pools.values());
  const isForAll = others.length === 0 && pools.size === volumes.length;
  return {
    name: newName,
    class: className,
    label,
    template: template ?? undefined,
    // Where all go to one pool, so do the volumes that are in no backup.
    ...(pools.size === 0 ? {} : isForAll ? { pool: only } : { pools }),
  };
}

/** By its UUID a qube is known again, whatever becomes of its name and its tag. */
async function noteUuids(
  qubes: readonly RestoredQube[],
  { client, journal }: MakeTools,
): Promise<void> {
  const made = qubes.filter(({ progress }) => progress === 'made');
  if (made.length === 0) return;
  const uuids = new Map((await client.list()).map(({ name, uuid }) => [name, uuid]));
  for (const { name, newName } of made) {
    const uuid = uuids.get(newName);
    await journal.add({ note: 'made', qube: name, ...(uuid === undefined ? {} : { uuid }) });
  }
}
