import { printable } from '../base/printable.ts';
import type {
  InfoEvent,
  PlanEvent,
  ProgressEvent,
  ReportEvent,
  SummaryEvent,
} from '../base/report.ts';
import type { RestorePlan } from '../base/restore-plan.ts';
import { closingLine } from './closing-line.ts';
import { headerLines } from './header-lines.ts';
import { notice } from './notice.ts';
import type { Output } from './output.ts';
import { planLines, planTable } from './restore/plan-table.ts';
import { restoredTable } from './restore/restored-table.ts';
import { partLines, qubeLines } from './plain-lines.ts';
import { qubeTable, resultTable } from './result-table.ts';
import type { Screen } from './screen.ts';

export interface TextLook {
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly colour: boolean;
  /** True when results go to a terminal: tables for eyes in place of lines for programs. */
  readonly tables: boolean;
  /** False where something comes after the plan of a restore, which programs read. */
  readonly planIsResult: boolean;
}

/** The moving line of a terminal. */
export interface Bar {
  update(event: ProgressEvent): void;
  clear(): void;
}

/** Commands whose results are shown already. */
const WITHOUT_RESULTS = ['cat', 'list', 'plan'];

/** For people: results on standard output; progress, warnings and errors on standard error. */
export class TextScreen implements Screen {
  readonly #results: Output;
  readonly #messages: Output;
  readonly #look: TextLook;
  readonly #bar: Bar | undefined;

  constructor(results: Output, messages: Output, look: TextLook, bar?: Bar) {
    this.#results = results;
    this.#messages = messages;
    this.#look = look;
    this.#bar = look.quiet ? undefined : bar;
  }

  show(event: ReportEvent): void {
    if (event.type === 'progress') {
      this.#bar?.update(event);
      return;
    }
    this.#bar?.clear();
    if (event.type === 'info') this.#info(event);
    else if (event.type === 'plan') this.#plan(event);
    else if (event.type === 'restore-plan') this.#restorePlan(event);
    else if (event.type === 'summary') this.#summary(event);
    else this.remark(notice(event));
  }

  remark(text: string): void {
    this.#bar?.clear();
    void this.#messages.write(`${text}\n`);
  }

  async close(): Promise<void> {
    this.#bar?.clear();
    await this.#messages.flush().catch(() => undefined);
    await this.#results.flush();
  }

  #info(event: InfoEvent): void {
    void this.#results.write(
      `${printable(event.archive)}: a Qubes backup (NOT VERIFIED: that needs the passphrase)\n`,
    );
    void this.#results.write(headerLines(event.header));
  }

  #plan(event: PlanEvent): void {
    if (event.command === 'list') {
      if (this.#look.verbose) void this.#messages.write(headerLines(event.header));
      const { qubes } = event;
      void this.#results.write(this.#look.tables ? qubeTable(qubes) : qubeLines(qubes));
    } else if (this.#look.verbose) {
      const parts = event.qubes.flatMap(({ selected, parts }) => (selected ? parts : []));
      this.remark(`${printable(event.archive)}: ${parts.length} parts to read`);
    }
  }

  #restorePlan(plan: RestorePlan): void {
    if (this.#look.tables) void this.#results.write(planTable(plan));
    else if (this.#look.planIsResult) void this.#results.write(planLines(plan));
    else void this.#messages.write(planTable(plan));
  }

  #summary(event: SummaryEvent): void {
    if (this.#look.quiet || WITHOUT_RESULTS.includes(event.command)) return;
    const { qubes } = event;
    // A run that ended before it looked at any part has nothing to show.
    if (qubes.length === 0 && !event.ok) return;
    void this.#results.write(this.#look.tables ? resultTable(qubes, this.#look) : partLines(qubes));
    if (this.#look.tables) void this.#results.write(restoredTable(qubes));
    this.remark(closingLine(event));
  }
}
