import { UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { RestoreOptions } from '../../restore/restore-options.ts';

/**
 * Options as a line changes them: words like `-work` (leave it out), `+work` (take it back) and
 * `work=office` (the new name).
 * @throws UsageError for a word that is none of these
 */
export function editOptions(options: RestoreOptions, line: string): RestoreOptions {
  return line
    .trim()
    .split(/\s+/)
    .reduce((edited, word) => editByWord(edited, word), options);
}

function editByWord(options: RestoreOptions, word: string): RestoreOptions {
  const { include, exclude, names = new Map<string, string>() } = options;
  const [, sign, named] = /^([-+])([^=]+)$/.exec(word) ?? [];
  if (named !== undefined) {
    const others = exclude.filter((name) => name !== named);
    if (sign === '-') return { ...options, exclude: [...others, named] };
    const isChosen = include.length === 0 || include.includes(named);
    return { ...options, exclude: others, include: isChosen ? include : [...include, named] };
  }
  const [, name, newName] = /^([^=]+)=([^=]+)$/.exec(word) ?? [];
  if (name === undefined || newName === undefined) {
    throw new UsageError(`Cannot understand "${printable(word)}"`);
  }
  return { ...options, names: new Map([...names, [name, newName]]) };
}
