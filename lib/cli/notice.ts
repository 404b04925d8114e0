import type { ErrorEvent, WarningEvent } from '../base/report.ts';
import { printable } from '../base/printable.ts';

/** Long enough for a path, a reason and a program's last words. */
const MAX_MESSAGE = 1000;

/**
 * A warning or error as a person reads it, always in one form:
 * `error: QUBE:PART: what and why (FILE, chunk N, at STAGE)`, and what to do on a line of its own.
 * @returns lines, without a line break at the end
 */
export function notice(event: WarningEvent | ErrorEvent): string {
  const { qube, part, file, chunk } = event;
  const subject = [qube, part].filter((name) => name !== undefined).map((name) => printable(name));
  const place = [
    ...(file === undefined ? [] : [printable(file)]),
    ...(chunk === undefined ? [] : [`chunk ${chunk}`]),
    ...stageOf(event),
  ];
  const first = [
    `${event.type}: `,
    subject.length === 0 ? '' : `${subject.join(':')}: `,
    printable(event.message, MAX_MESSAGE),
    place.length === 0 ? '' : ` (${place.join(', ')})`,
  ].join('');
  const hint = event.type === 'error' ? event.hint : undefined;
  return hint === undefined ? first : `${first}\n  ${printable(hint, MAX_MESSAGE)}`;
}

/** The step at which a part of a backup went wrong; of anything else it would tell nothing. */
function stageOf(event: WarningEvent | ErrorEvent): readonly string[] {
  if (event.type !== 'error' || event.stage === undefined) return [];
  const isOfBackup = event.part !== undefined || event.file !== undefined;
  return isOfBackup ? [`at stage ${printable(event.stage)}`] : [];
}
