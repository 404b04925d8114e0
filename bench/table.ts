import { formatSize } from '../lib/base/size.ts';
import type { Usage } from './measure.ts';

/** Rows as a Markdown table, the first of them the head. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...body.map(line)].join('\n');
}

export const USAGE_HEAD = ['', 'wall s', 'CPU s', 'peak memory', 'written'];

export function usageRow(name: string, usage: Usage): string[] {
  const { wallSeconds, cpuSeconds, peakBytes, writtenBytes } = usage;
  return [
    name,
    wallSeconds.toFixed(1),
    cpuSeconds.toFixed(1),
    formatSize(peakBytes),
    formatSize(writtenBytes),
  ];
}
