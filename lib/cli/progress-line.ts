import { printable } from '../base/printable.ts';
import type { ProgressEvent } from '../base/report.ts';
import { formatSize } from '../base/size.ts';
import { formatDuration } from './duration.ts';

const BAR = 20;
/** Below this a bar leaves no room for the names. */
const WIDE = 90;

/**
 * One line of progress: bar, share, bytes, rate, time left, and what is being read.
 * @param columns of the terminal; the line is always at least one shorter, so that it never wraps
 */
export function progressLine(event: ProgressEvent, columns: number): string {
  const { bytes, totalBytes, rate, secondsLeft, qube, part } = event;
  const known = totalBytes !== undefined && totalBytes > 0;
  const share = known ? Math.min(1, bytes / totalBytes) : 0;
  const facts = [
    ...(known && columns >= WIDE ? [bar(share)] : []),
    ...(known ? [`${String(Math.floor(share * 100)).padStart(3)} %`] : []),
    known ? `${formatSize(bytes)} of ${formatSize(totalBytes)}` : formatSize(bytes),
    `${formatSize(rate)}/s`,
    ...(secondsLeft === undefined ? [] : [`${formatDuration(secondsLeft)} left`]),
    [qube, part]
      .filter((name) => name !== undefined)
      .map((name) => printable(name))
      .join(':'),
  ];
  return facts
    .filter((fact) => fact !== '')
    .join('  ')
    .slice(0, Math.max(1, columns - 1));
}

function bar(share: number): string {
  const done = Math.floor(share * BAR);
  return `[${'#'.repeat(done)}${'-'.repeat(BAR - done)}]`;
}
