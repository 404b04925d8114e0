import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Outcome } from '../archive/api.ts';
import { HOME_PART } from '../archive/recover/part.ts';
import { asOurs } from '../base/as-ours.ts';
import { DamagedError, NeedsError, QubesRpcError, UsageError } from '../base/errors.ts';
import type { PartReport, QubeReport } from '../base/report.ts';
import type { RestorePlan } from '../base/restore-plan.ts';
import { finishQubes } from './finish-qubes.ts';
import { streamedImport } from './import-content.ts';
import { makeQubes } from './make-qubes.ts';
import { RestoreJournal } from './restore-journal.ts';
import { inStages, RestoredQube } from './restored-qube.ts';
import { homeFolderName } from './restore-home.ts';
import { RestoreReport } from './restore-report.ts';
import { RestoreSink } from './restore-sink.ts';
import type { RestoreWork } from './restore-work.ts';
import { setUpQube } from './set-up-qube.ts';
import { someSettled } from './some-settled.ts';
import { stillThere } from './unfinished.ts';

/**
 * Carries out a plan: makes the qubes, fills their volumes while the archive is read once, sets what
 * connects them, and lets them be started only then. Whatever goes wrong is told and in the outcome,
 * also when the run is cancelled; what is not complete then is removed, or kept.
 * @throws UsageError when another run restores the same backup; NeedsError when the journal cannot
 *   be kept, or the daemon does not answer from the beginning
 */
export async function runRestore(work: RestoreWork): Promise<Outcome> {
  const { plan, backup, state } = work;
  if (chosen(plan).length === 0) {
    throw new UsageError('There is nothing to restore: the plan leaves everything out');
  }
  const journal = await RestoreJournal.open(state, backup.identity);
  try {
    const run = new RestoreRun(work, journal);
    const outcome = await run.run();
    if (outcome.ok || run.isThrough) await journal.remove();
    return outcome;
  } finally {
    await journal.close();
  }
}

/** What of the backup the plan restores, by the names in the backup. */
function chosen({ qubes, home }: RestorePlan): readonly string[] {
  return [
    ...qubes.filter(({ action }) => action === 'restore').map(({ name }) => name),
    ...(home?.action === 'restore' ? ['dom0'] : []),
  ];
}

class RestoreRun {
  readonly #work: RestoreWork;
  readonly #journal: RestoreJournal;
  readonly #report: RestoreReport;
  readonly #when = new Date();
  #qubes: readonly RestoredQube[] = [];
  /** Parts that are in place, by their file. */
  readonly #taken = new Map<string, PartReport>();

  constructor(work: RestoreWork, journal: RestoreJournal) {
    this.#work = work;
    this.#journal = journal;
    this.#report = new RestoreReport(work.onEvent, journal);
  }

  async run(): Promise<Outcome> {
    this.#qubes = await this.#takeUp();
    const recovered = await this.#orTell(() => this.#bring());
    await this.#orTell(() => this.#complete(recovered));
    await this.#orTell(() => this.#finish());
    const { plan, backup } = this.#work;
    const planned = backup.plan({ include: chosen(plan) });
    return this.#report.outcome(planned, recovered, this.#qubes, this.#taken);
  }

  /** Whether nothing is left that another run could do better. */
  get isThrough(): boolean {
    const { home } = this.#work.plan;
    const hasHome = [...this.#taken.values()].some(({ part }) => part === HOME_PART);
    const isDone = this.#qubes.every(({ progress }) => progress === 'done');
    return isDone && (hasHome || home?.action !== 'restore');
  }

  /** The qubes of the plan, as far as an earlier run has come with them. */
  async #takeUp(): Promise<readonly RestoredQube[]> {
    const { plan, client } = this.#work;
    try {
      const earlier = await stillThere(this.#journal.earlier, client);
      return plan.qubes
        .filter(({ action }) => action === 'restore')
        .map((qube) => {
          const notes = earlier.get(qube.name);
          return new RestoredQube(qube, notes?.newName === qube.newName ? notes : undefined);
        });
    } catch (error) {
      throw asOurs(error);
    }
  }

  /** Makes the qubes and brings them their data. */
  async #bring(): Promise<Outcome | undefined> {
    const { client, givenTag = false } = this.#work;
    const tools = { client, journal: this.#journal, report: this.#report };
    await makeQubes(this.#qubes, { ...tools, givenTag });
    const made = this.#qubes.filter(({ progress }) => progress === 'made');
    await someSettled(made, (qube) => setUpQube(qube, tools));
    return this.#recover();
  }

  async #recover(): Promise<Outcome | undefined> {
    const { backup, client, importContent = streamedImport(client), signal } = this.#work;
    const waiting = this.#qubes.filter(({ progress }) => progress === 'set');
    const home = await this.#homeWanted();
    const include = [...waiting.map(({ name }) => name), ...(home === undefined ? [] : ['dom0'])];
    // To choose nothing would mean to choose everything.
    if (include.length === 0) return undefined;
    const sink = new RestoreSink({
      client,
      importContent,
      journal: this.#journal,
      report: this.#report,
      qubes: new Map(waiting.map((qube) => [qube.name, qube])),
      home,
      taken: this.#taken,
      signal,
    });
    const finished = new Map(waiting.flatMap((qube) => [...qube.finished]));
    return await backup.recover(sink, { include, finished });
  }

  /** Where dom0's home goes; undefined if it is not wanted, or an earlier run has restored it. */
  async #homeWanted(): Promise<{ readonly folder: string; readonly name: string } | undefined> {
    const { plan, home: folder } = this.#work;
    if (plan.home?.action !== 'restore') return undefined;
    if (folder === undefined) {
      const message = "Cannot restore dom0's home: nobody here has a home for it";
      this.#report.tell(new NeedsError(message, { qube: 'dom0' }));
      return undefined;
    }
    const earlier = this.#journal.earlierHome;
    const there = await stat(join(folder, earlier?.path ?? '')).catch(() => undefined);
    if (earlier?.path === undefined || there?.isDirectory() !== true) {
      return { folder, name: homeFolderName(this.#when) };
    }
    this.#taken.set(earlier.file, { ...earlier, resumed: true });
    return undefined;
  }

  /** Finds out which qubes are complete; where the archive was not read to its end, none is. */
  async #complete(recovered: Outcome | undefined): Promise<void> {
    if (recovered?.wholeArchive !== true) return;
    const required = this.#work.backup.plan({ include: chosen(this.#work.plan) });
    const hasData = (qube: RestoredQube): boolean => {
      const isHere = ({ name }: QubeReport): boolean => name === qube.name;
      const met = recovered.qubes.find(isHere)?.parts ?? [];
      const bad = met.filter(({ status }) => status !== 'ok').map(({ file }) => file);
      if (bad.some((file) => file.endsWith('/firewall.xml'))) qube.lacksFirewall = true;
      // Without a document a qube is poorer, not half: that is told, and no reason to lose it.
      return !(required.find(isHere)?.parts ?? []).some(({ file }) => bad.includes(file));
    };
    for (const stage of inStages(this.#qubes)) {
      for (const qube of stage.filter(({ progress }) => progress === 'set')) {
        if (!hasData(qube)) continue;
        const template = this.#qubes.find(({ newName }) => newName === qube.planned.template);
        if (template === undefined || template.has('complete')) {
          await this.#journal.add({ note: 'complete', qube: qube.name });
          qube.progress = 'complete';
        } else {
          qube.waitsForTemplate = true;
          const message = `${qube.newName} cannot be started: ${template.newName} is not complete`;
          const hint =
            'Restore again from a good copy, or give it another template and take its tag away.';
          this.#report.tell(new DamagedError(message, { qube: qube.name, hint }));
        }
      }
    }
  }

  async #finish(): Promise<void> {
    const { undo: client, keep, givenTag = false } = this.#work;
    const tools = { client, journal: this.#journal, report: this.#report };
    await finishQubes(this.#qubes, { ...tools, keep, givenTag, when: this.#when });
  }

  /** What ends the work early is told; what is no error of ours is a fault. */
  async #orTell<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      const ours = asOurs(error);
      if (!(ours instanceof QubesRpcError)) throw error;
      this.#report.tell(ours);
      return undefined;
    }
  }
}
