import { DamagedError, type ErrorCode, type QubesRpcError } from '../../base/errors.ts';
import { errorEvent } from '../../base/error-event.ts';
import { ProgressMeter } from '../../base/progress.ts';
import type { PartReport, QubeReport, WarningEvent } from '../../base/report.ts';
import type { Listener, Outcome } from '../api.ts';
import type { Part, WholeFolder } from './part.ts';
import { childPart, partReportOf } from './part-report.ts';
import type { TakenContent } from './part-sink.ts';

/** What `verify` and `extract` found so far, part by part; tells the listener as it happens. */
export class RunReport {
  firstError: QubesRpcError | undefined;
  readonly #qubes: readonly QubeReport[];
  readonly #parts = new Map<string, { readonly qube: string; readonly report: PartReport }>();
  readonly #recovered = new Set<string>();
  #archiveBytes = 0;
  readonly #listener: Listener;
  readonly #meter: ProgressMeter;
  readonly #started = performance.now();
  readonly #codes = new Set<ErrorCode>();
  #warnings = 0;
  #errors = 0;

  /** @param plan every qube with the parts it should have; those of a selected qube are wanted */
  constructor(plan: readonly QubeReport[], listener: Listener) {
    this.#qubes = plan;
    this.#listener = listener;
    const selected = plan.filter((qube) => qube.selected);
    this.#meter = new ProgressMeter(
      listener,
      selected.reduce((sum, qube) => sum + qube.size, 0),
    );
  }

  begin(part: Part): void {
    this.#set(part, { status: 'damaged', reason: 'It was not finished' });
    this.#meter.emit(placeOf(part));
  }

  progress(part: Part, bytes: number): void {
    this.#meter.add(bytes, placeOf(part));
  }

  recovered(part: Part, taken: TakenContent & { readonly chunks: number }): void {
    this.#recovered.add(part.file);
    if (part.whole === undefined) {
      this.#set(part, partReportOf(part, taken));
      return;
    }
    const { chunks, inside = [] } = taken;
    const found = inside.map((child) => {
      const found = childPart(part, child);
      this.#set(found, partReportOf(found, { ...child, chunks }));
      return found.file;
    });
    for (const expected of part.whole.expected) {
      if (!found.includes(expected.file)) this.missing(expected);
    }
  }

  /** A part that an earlier run had finished and that is still as it was left. */
  resumed({ qube }: Part, report: PartReport): void {
    const part = { qube, part: report.part, file: report.file };
    this.#set(part, { ...report, resumed: true });
    this.#meter.add(report.dataBytes ?? 0, part);
  }

  isRecovered(part: Part): boolean {
    return this.#recovered.has(part.file);
  }

  interrupted(part: Part): void {
    this.#set(part, { status: 'damaged', reason: 'It was not finished: the run ended before' });
  }

  error(error: QubesRpcError, part?: Part): void {
    const status = error.facts.isLocal === true ? 'failed' : 'damaged';
    if (part !== undefined) this.#set(part, { status, reason: error.message });
    this.#tell(error.locate(part ?? {}));
  }

  warning(event: Omit<WarningEvent, 'type'>): void {
    this.#warnings++;
    this.#listener({ type: 'warning', ...event });
  }

  /** A part that should be there and is not. */
  missing(part: Part): void {
    const reason = 'It should be in the backup and is not';
    this.#set(part, { status: 'missing', reason });
    this.#tell(new DamagedError(reason, { ...part, stage: 'order' }));
  }

  /** A part that should be there, if only the run had come that far. */
  notReached(part: Part): void {
    this.#set(part, { status: 'missing', reason: 'The run ended before it came' });
  }

  /** Whether anything of the part was met in the archive. */
  wasMet(file: string): boolean {
    return this.#parts.has(file);
  }

  wasMetAnyOf(name: string): boolean {
    return [...this.#parts.values()].some(({ qube }) => qube === name);
  }

  /** Bytes of a member that was read or passed over. */
  passed(bytes: number): void {
    this.#archiveBytes += bytes;
  }

  outcome(): Outcome {
    const qubes = this.#qubes.map((qube) => ({ ...qube, parts: this.#partsOf(qube) }));
    return {
      ok: this.#errors === 0,
      ...(this.#codes.size === 0 ? {} : { failure: worstOf(this.#codes) }),
      qubes,
      archiveBytes: this.#archiveBytes,
      warnings: this.#warnings,
      errors: this.#errors,
      seconds: (performance.now() - this.#started) / 1000,
    };
  }

  /** Planned parts in their order, each as it was met, then those nobody had planned. */
  #partsOf(qube: QubeReport): PartReport[] {
    const planned = qube.parts.map((part) => this.#parts.get(part.file)?.report ?? part);
    const files = new Set(qube.parts.map((part) => part.file));
    const others = [...this.#parts.values()].filter(
      ({ qube: name, report }) => name === qube.name && !files.has(report.file),
    );
    return [...planned, ...others.map(({ report }) => report)];
  }

  #tell(error: QubesRpcError): void {
    this.firstError ??= error;
    this.#codes.add(error.code);
    this.#errors++;
    this.#listener(errorEvent(error));
  }

  #knownInside(qube: string, { expected }: WholeFolder): Pick<Part, 'part' | 'file'>[] {
    const found = [...this.#parts.values()].filter((known) => known.qube === qube);
    return [...expected, ...found.map(({ report }) => report)];
  }

  /** What befalls a qube's whole folder befalls all that is in it. */
  #set({ qube, part, file, whole }: Part, report: Omit<PartReport, 'part' | 'file'>): void {
    for (const { part, file } of whole === undefined ? [] : this.#knownInside(qube, whole)) {
      this.#set({ qube, part, file }, report);
    }
    if (whole !== undefined) return;
    this.#parts.set(file, { qube, report: { ...report, part, file } });
  }
}

function placeOf({ qube, part, file }: Part): Pick<PartReport, 'part' | 'file'> & { qube: string } {
  return { qube, part, file };
}

/** What keeps the run from having been able to finish weighs more than what it found. */
export function worstOf(codes: ReadonlySet<ErrorCode>): ErrorCode {
  const order: readonly ErrorCode[] = [
    'usage',
    'cancelled',
    'wrong-passphrase',
    'needs',
    'not-readable',
    'damaged',
    'refused',
  ];
  return order.find((code) => codes.has(code)) ?? 'damaged';
}
