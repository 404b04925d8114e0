import { errorEvent } from '../base/error-event.ts';
import { type ErrorCode, NoAnswerError, QubesRpcError, RefusedError } from '../base/errors.ts';
import { asOurs } from '../base/as-ours.ts';
import type { PartReport, QubeReport } from '../base/report.ts';
import type { Listener, Outcome } from '../archive/api.ts';
import { worstOf } from '../archive/recover/run-report.ts';
import type { RestoreJournal } from './restore-journal.ts';
import type { RestoredQube } from './restored-qube.ts';

/** Something that cannot be set may be refused, be impossible, or not make sense in the backup. */
const ABOUT_ONE_THING: readonly ErrorCode[] = ['refused', 'usage', 'damaged'];

/** What goes wrong beside the archive, told as it happens, and the report of all in the end. */
export class RestoreReport {
  readonly #listener: Listener;
  readonly #journal: RestoreJournal;
  readonly #codes = new Set<ErrorCode>();
  readonly #started = performance.now();
  #errors = 0;
  #warnings = 0;

  constructor(listener: Listener, journal: RestoreJournal) {
    this.#listener = listener;
    this.#journal = journal;
  }

  tell(error: QubesRpcError): void {
    this.#codes.add(error.code);
    this.#errors++;
    this.#listener(errorEvent(error));
  }

  /** Tells that disposables are not started ahead of need: all else is as it was. */
  warnNotPreloaded(qube: RestoredQube, message: string): void {
    this.#warnings++;
    this.#listener({ type: 'warning', code: 'not-preloaded', message, qube: qube.name });
  }

  /**
   * Sets something of a qube; if it is refused, that is noted and told.
   * @param what for people: `the property kernel`
   * @returns whether it is set
   * @throws NeedsError when the daemon does not answer, CancelledError
   */
  async attempt(qube: RestoredQube, what: string, set: () => Promise<void>): Promise<boolean> {
    try {
      await insist(set);
      // An earlier run may have failed at it.
      const earlier = qube.notSet.findIndex((one) => one.what === what);
      if (earlier !== -1) qube.notSet.splice(earlier, 1);
      return true;
    } catch (error) {
      const ours = asOurs(error);
      if (!(ours instanceof QubesRpcError)) throw error;
      // A daemon that has failed at one thing may still do the others; one that is gone says so next.
      const isThis = ABOUT_ONE_THING.includes(ours.code) || ours instanceof NoAnswerError;
      if (!isThis) throw ours;
      await this.notSet(qube, what, ours.message, ours.facts.wireName);
      return false;
    }
  }

  /** Notes and tells, once, that something of a qube is not set. */
  async notSet(qube: RestoredQube, what: string, reason: string, wireName?: string): Promise<void> {
    if (!qube.notSet.some((one) => one.what === what)) {
      qube.notSet.push({ what, reason });
      const note = { note: 'not-set', qube: qube.name, what, reason } as const;
      await this.#journal.add(qube.lacksFirewall ? { ...note, lacksFirewall: true } : note);
    }
    const message = `Cannot set ${what} of ${qube.newName}: ${reason}`;
    const facts = { qube: qube.name, ...(wireName === undefined ? {} : { wireName }) };
    this.tell(new RefusedError(message, facts));
  }

  /**
   * @param planned all that the backup knows, and what of it was chosen
   * @param recovered how reading the archive went; undefined when it was not read, or not to its end
   * @param taken parts that were put in place, by their file
   */
  outcome(
    planned: readonly QubeReport[],
    recovered: Outcome | undefined,
    qubes: readonly RestoredQube[],
    taken: ReadonlyMap<string, PartReport>,
  ): Outcome {
    const codes = new Set(this.#codes);
    if (recovered?.failure !== undefined) codes.add(recovered.failure);
    // Also what an earlier run has told of, and this one could not mend.
    if (qubes.some(({ notSet }) => notSet.length > 0)) codes.add('refused');
    const ours = new Map(qubes.map((qube) => [qube.name, qube]));
    return {
      ok: codes.size === 0,
      ...(codes.size === 0 ? {} : { failure: worstOf(codes) }),
      qubes: planned.map((plan) => {
        const met = recovered?.qubes.find(({ name, selected }) => selected && name === plan.name);
        const report = met ?? withParts(plan, taken);
        const qube = ours.get(plan.name);
        return qube === undefined ? report : reportOf(report, qube, met !== undefined);
      }),
      archiveBytes: recovered?.archiveBytes ?? 0,
      warnings: this.#warnings + (recovered?.warnings ?? 0),
      errors: this.#errors + (recovered?.errors ?? 0),
      seconds: (performance.now() - this.#started) / 1000,
    };
  }
}

function withParts(report: QubeReport, parts: ReadonlyMap<string, PartReport>): QubeReport {
  return { ...report, parts: report.parts.map((part) => parts.get(part.file) ?? part) };
}

function reportOf(report: QubeReport, qube: RestoredQube, wasRead: boolean): QubeReport {
  const { newName, result, notSet, finished } = qube;
  const resumed = [...finished.values()].map((part) => ({ ...part, resumed: true }));
  return {
    ...report,
    // One that was complete before is not read again.
    ...(wasRead || !qube.has('complete') ? {} : { parts: resumed }),
    newName,
    result,
    ...(notSet.length === 0 ? {} : { notSet }),
  };
}

/** A daemon that went away is there again, or another; to set a thing twice does no harm. */
async function insist(set: () => Promise<void>): Promise<void> {
  try {
    await set();
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    await set();
  }
}
