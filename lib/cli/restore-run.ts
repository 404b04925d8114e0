import { summaryOf } from '../archive/recover/summary.ts';
import type { Backup, Outcome, Selection, WorkOptions } from '../archive/api.ts';
import { QubesRpcError } from '../base/errors.ts';
import type { PlanEvent } from '../base/report.ts';
import { runRestore as carryOutPlan } from '../restore/run-restore.ts';
import { catPart } from './cat-part.ts';
import { errorEvent } from '../base/error-event.ts';
import { exitCodeOf } from '../base/exit-code.ts';
import { howToGoOn } from './how-to-go-on.ts';
import { infoOptions } from './open-options.ts';
import { openRequested } from './open-requested.ts';
import type { RunEnd } from './program-process.ts';
import type { RestoreDoors } from './restore-doors.ts';
import type {
  CatRequest,
  InfoRequest,
  ListRequest,
  PlanRequest,
  RestoreRequest,
  RunRequest,
  WorkRequest,
} from './restore-request.ts';
import { agreedPlan, planRequested } from './restore/agreed-plan.ts';
import { plannedReports } from './restore/planned-reports.ts';
import { savePlan } from './restore/saved-plan.ts';
import { Tally } from './tally.ts';

/** Carries out a request. Everything that goes wrong is shown and becomes the exit status. */
export async function runRestore(request: RestoreRequest, doors: RestoreDoors): Promise<RunEnd> {
  const run = new RestoreRun(request, doors);
  try {
    const status = await run.carryOut();
    await doors.screen.close();
    return { status };
  } catch (thrown) {
    const error = doors.signal.aborted ? howToGoOn(doors.signal.reason, request) : thrown;
    run.fail(error);
    await doors.screen.close().catch(() => undefined);
    const status = exitCodeOf(error);
    return error instanceof QubesRpcError ? { status } : { status, fault: error };
  }
}

class RestoreRun {
  readonly #request: RestoreRequest;
  readonly #doors: RestoreDoors;
  readonly #tally: Tally;
  /** As the person named it. */
  readonly #archive: string;
  #backupId: string | undefined;
  #summed = false;

  constructor(request: RestoreRequest, doors: RestoreDoors) {
    this.#request = request;
    this.#doors = doors;
    this.#tally = new Tally(doors.screen);
    this.#archive = archiveName(request);
  }

  carryOut(): Promise<number> {
    const request = this.#request;
    switch (request.command) {
      case 'info':
        return this.#info(request);
      case 'list':
        return this.#list(request);
      case 'cat':
        return this.#cat(request);
      case 'verify':
      case 'extract':
        return this.#work(request);
      case 'plan':
        return this.#planRestore(request);
      case 'run':
        return request.verifyOnly ? this.#verify(request) : this.#restore(request);
    }
  }

  /** Tells of the error that ended the run; commands that end in a summary do so even now. */
  fail(error: unknown): void {
    if (error instanceof QubesRpcError) this.#tally.fatal(errorEvent(error));
    if (this.#request.command === 'info' || this.#summed) return;
    this.#sum(this.#tally.outcome([], false), exitCodeOf(error));
  }

  async #info(request: InfoRequest): Promise<number> {
    const { openSource, readInfo, screen, signal } = this.#doors;
    const header = await readInfo(await openSource(), infoOptions(request, signal));
    screen.show({ type: 'info', archive: this.#archive, header, verified: false });
    return 0;
  }

  async #list(request: ListRequest): Promise<number> {
    return await this.#opened(request, async (backup) => {
      const { qubes } = this.#plan(backup, {});
      return this.#sum(this.#tally.outcome(qubes, true));
    });
  }

  async #work(request: WorkRequest): Promise<number> {
    const { parts: include, exclude, digest, failFast } = request;
    const options: WorkOptions = { include, exclude, digest, failFast };
    return await this.#opened(request, async (backup) => {
      this.#plan(backup, options);
      const outcome =
        request.command === 'extract'
          ? await backup.extract(request.into, options)
          : await backup.verify(options);
      return this.#sum(outcome);
    });
  }

  async #cat(request: CatRequest): Promise<number> {
    const { qube, part } = request.part;
    return await this.#opened(request, async (backup) => {
      const { qubes: planned } = this.#plan(backup, { include: [`${qube}:${part}`] });
      const { results, signal } = this.#doors;
      const { qubes, error } = await catPart(backup, request.part, planned, results, signal);
      if (error !== undefined) this.#tally.fatal(errorEvent(error));
      const status = error === undefined ? 0 : exitCodeOf(error);
      return this.#sum(this.#tally.outcome(qubes, status === 0), status);
    });
  }

  async #planRestore(request: PlanRequest): Promise<number> {
    return await this.#opened(request, async (backup) => {
      const target = await this.#doors.openTarget(request);
      const plan = await planRequested(request, { archive: this.#archive, backup, target });
      this.#doors.screen.show(plan);
      if (request.output !== undefined) await savePlan(request.output, plan);
      return this.#sum(this.#tally.outcome(plannedReports(backup, plan), true));
    });
  }

  async #restore(request: RunRequest): Promise<number> {
    return await this.#opened(request, async (backup) => {
      const target = await this.#doors.openTarget(request);
      const undertaking = { archive: this.#archive, backup, target };
      const plan = await agreedPlan(request, undertaking, this.#doors);
      const { signal } = this.#doors;
      const { keep, sandboxed: givenTag } = request;
      const work = { ...target, plan, backup, keep, givenTag, signal };
      return this.#sum(await carryOutPlan({ ...work, onEvent: this.#tally.listen }));
    });
  }

  /** What would be restored is read to its end; the system that it is for is not asked. */
  async #verify(request: RunRequest): Promise<number> {
    const { qubes: include, skipDom0Home } = request;
    const exclude = [...request.exclude, ...(skipDom0Home ? ['dom0'] : [])];
    return await this.#opened(request, async (backup) => {
      this.#plan(backup, { include, exclude });
      return this.#sum(await backup.verify({ include, exclude }));
    });
  }

  async #opened(
    request: Exclude<RestoreRequest, InfoRequest>,
    work: (backup: Backup) => Promise<number>,
  ): Promise<number> {
    const backup = await openRequested(request, this.#doors, this.#tally);
    this.#backupId = backup.header.backupId;
    try {
      return await work(backup);
    } finally {
      await backup.close();
    }
  }

  #plan(backup: Backup, selection: Selection): PlanEvent {
    const { header } = backup;
    const qubes = [...backup.plan(selection)];
    const selected = qubes.filter((qube) => qube.selected);
    const event: PlanEvent = {
      type: 'plan',
      command: this.#request.command,
      archive: this.#archive,
      header,
      totalBytes: selected.reduce((sum, { size }) => sum + size, 0),
      qubes,
    };
    this.#doors.screen.show(event);
    return event;
  }

  #sum(outcome: Outcome, status?: number): number {
    const { command } = this.#request;
    const summary = summaryOf(command, this.#archive, this.#backupId, outcome);
    this.#summed = true;
    const exitCode = status ?? summary.exitCode;
    this.#doors.screen.show({ ...summary, exitCode });
    return exitCode;
  }
}

function archiveName({ archive, from }: RestoreRequest): string {
  if (from !== undefined) return `${from}:${archive}`;
  return archive === '-' ? 'standard input' : archive;
}
