import type { Outcome, Selection, WorkOptions } from '../archive/api.ts';
import { CancelledError, NotReadableError, QubesRpcError } from '../base/errors.ts';
import type { PlanEvent, SummaryEvent } from '../base/report.ts';
import { catPart } from './cat-part.ts';
import { errorEvent } from './error-event.ts';
import { exitCodeOf, statusOf } from './exit-code.ts';
import { openRequested, type OpenedBackup } from './open-requested.ts';
import type { RestoreDoors } from './restore-doors.ts';
import type {
  CatRequest,
  InfoRequest,
  ListRequest,
  RestoreRequest,
  WorkRequest,
} from './restore-request.ts';
import { Tally } from './tally.ts';
import { untilAborted } from './until-aborted.ts';

/** How a run ended: the exit status, and the fault if it ended by one. */
export interface RunEnd {
  readonly status: number;
  readonly fault?: unknown;
}

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
    }
  }

  /** Tells of the error that ended the run; commands that end in a summary do so even now. */
  fail(error: unknown): void {
    if (error instanceof QubesRpcError) this.#tally.fatal(errorEvent(error));
    const { command } = this.#request;
    if (command === 'info' || command === 'list' || this.#summed) return;
    const { archiveBytes, warnings, errors, seconds } = this.#tally;
    const status = exitCodeOf(error);
    this.#sum({ ok: false, qubes: [], archiveBytes, warnings, errors, seconds }, status);
  }

  async #info({ stallTimeout }: InfoRequest): Promise<number> {
    const { openSource, readInfo, screen, signal } = this.#doors;
    const source = await openSource();
    let timer: NodeJS.Timeout | undefined;
    const stalled = new Promise<never>((_resolve, reject) => {
      const error = new NotReadableError(
        `Cannot read ${source.name}: no header came within ${stallTimeout} s`,
      );
      timer = setTimeout(() => reject(error), stallTimeout * 1000);
    });
    try {
      const header = await untilAborted(Promise.race([readInfo(source, signal), stalled]), signal);
      screen.show({ type: 'info', archive: this.#archive, header, verified: false });
      return 0;
    } finally {
      clearTimeout(timer);
      await source.close();
    }
  }

  async #list(request: ListRequest): Promise<number> {
    return await this.#opened(request, async (opened) => {
      this.#plan(opened, {});
      return 0;
    });
  }

  async #work(request: WorkRequest): Promise<number> {
    const { parts: include, exclude, digest, failFast } = request;
    const options: WorkOptions = { include, exclude, digest, failFast };
    return await this.#opened(request, async (opened) => {
      this.#plan(opened, options);
      const { backup } = opened;
      const outcome =
        request.command === 'extract'
          ? await backup.extract(request.into, options)
          : await backup.verify(options);
      const status = outcome.ok ? 0 : statusOf(outcome.failure ?? 'damaged');
      this.#sum(outcome, status);
      return status;
    });
  }

  async #cat(request: CatRequest): Promise<number> {
    const { qube, part } = request.part;
    return await this.#opened(request, async (opened) => {
      const { qubes: planned } = this.#plan(opened, { include: [`${qube}:${part}`] });
      const { results, signal } = this.#doors;
      const { qubes, error } = await catPart(opened.backup, request.part, planned, results, signal);
      if (error !== undefined) this.#tally.fatal(errorEvent(error));
      const { archiveBytes, warnings, errors, seconds } = this.#tally;
      const status = error === undefined ? 0 : exitCodeOf(error);
      this.#sum({ ok: status === 0, qubes, archiveBytes, warnings, errors, seconds }, status);
      return status;
    });
  }

  async #opened(
    request: Exclude<RestoreRequest, InfoRequest>,
    work: (opened: OpenedBackup) => Promise<number>,
  ): Promise<number> {
    const opened = await openRequested(request, this.#doors, this.#tally);
    this.#backupId = opened.backup.header.backupId;
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  }

  #plan({ backup }: OpenedBackup, selection: Selection): PlanEvent {
    const { header, totalBytes } = backup;
    const event: PlanEvent = {
      type: 'plan',
      command: this.#request.command,
      archive: this.#archive,
      header,
      ...(totalBytes === undefined ? {} : { totalBytes }),
      qubes: [...backup.plan(selection)],
    };
    this.#doors.screen.show(event);
    return event;
  }

  #sum(outcome: Outcome, exitCode: number): void {
    this.#summed = true;
    const { ok, seconds, archiveBytes, warnings, errors, qubes } = outcome;
    const event: SummaryEvent = {
      type: 'summary',
      command: this.#request.command,
      archive: this.#archive,
      ...(this.#backupId === undefined ? {} : { backupId: this.#backupId }),
      ok,
      exitCode,
      seconds,
      archiveBytes,
      warnings,
      errors,
      qubes: [...qubes],
    };
    this.#doors.screen.show(event);
  }
}

function archiveName({ archive, from }: RestoreRequest): string {
  if (from !== undefined) return `${from}:${archive}`;
  return archive === '-' ? 'standard input' : archive;
}

/** The reason of an early end, with what the person can do now. */
function howToGoOn(reason: unknown, { command }: RestoreRequest): unknown {
  if (!(reason instanceof CancelledError)) return reason;
  const hint =
    command === 'extract'
      ? 'Run the same command again: what is finished is kept.'
      : 'Run the same command again.';
  return new CancelledError(reason.message, { ...reason.facts, hint }, { cause: reason });
}
