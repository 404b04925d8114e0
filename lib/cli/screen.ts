import type { ReportEvent } from '../base/report.ts';

/** Where the events of a run become something to read: text for people, or lines of JSON. */
export interface Screen {
  /** Never throws and never waits. */
  show(event: ReportEvent): void;
  /** A remark that is no event, such as how to go on after an interruption. */
  remark(text: string): void;
  /** Leaves the terminal as it was, and waits until everything is written. */
  close(): Promise<void>;
}
