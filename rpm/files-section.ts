import { modeOf, type Entry } from './entry.ts';
import type { WrittenFile } from './written-files.ts';

const MARKS = { config: '%config(noreplace) ', licence: '%license ', document: '%doc ' } as const;

/** The lines of a `%files` section. */
export function filesSection(entries: readonly Entry[]): string {
  return entries.map(line).join('');
}

/** Lines for what is not installed, but goes with the package. */
export function ghostSection(files: readonly WrittenFile[]): string {
  return files.map(({ path }) => `%ghost %attr(0644,root,root) ${path}\n`).join('');
}

function line({ path, content, role }: Entry): string {
  const mark = role === undefined ? '' : MARKS[role];
  if (content.kind === 'link') return `${mark}${path}\n`;
  const folder = content.kind === 'folder' ? '%dir ' : '';
  return `${mark}${folder}%attr(${modeOf(content).toString(8).padStart(4, '0')},root,root) ${path}\n`;
}
