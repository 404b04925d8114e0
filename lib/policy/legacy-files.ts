import { join } from 'node:path';
import { readdirSync } from 'node:fs';

import { parseIncludedRule, parseSubject, type RuleSubject } from './parse-rule.ts';
import { isFile } from './policy-folder.ts';
import type { Rule } from './rule.ts';

/** A file of the policy of Qubes 4.0: its name is what its rules are about. */
export interface LegacyFile {
  readonly path: string;
  readonly subject: RuleSubject;
}

const IGNORED = /^\.|\.(?:rpmsave|rpmnew|swp)$/;
const NAME = /^[A-Za-z0-9+._-]+$/;

/**
 * The files of a policy of Qubes 4.0 in the order in which they count: by service, and what is about
 * one argument before what is about all.
 * @throws the error of the system call
 */
export function legacyFiles(folder: string): readonly LegacyFile[] {
  return readdirSync(folder)
    .filter((name) => NAME.test(name) && !IGNORED.test(name) && isFile(join(folder, name)))
    .map((name) => ({ path: join(folder, name), ...split(name) }))
    .sort((a, b) => compare(a.service, b.service) || compareArguments(a.argument, b.argument))
    .map(({ path, service, argument }) => ({ path, subject: parseSubject(service, argument) }));
}

/** What goes without saying at the end of a file about one argument; no line says it. */
export function legacyDefaults({ path, subject }: LegacyFile): readonly Rule[] {
  if (subject.argument === undefined) return [];
  return ['@anyvm @anyvm deny', '@anyvm @adminvm deny'].map((text) =>
    parseIncludedRule(subject, text.split(' '), { file: path, line: 0, text }),
  );
}

function split(name: string): { readonly service: string; readonly argument: string } {
  const sign = name.indexOf('+');
  if (sign < 0) return { service: name, argument: '*' };
  return { service: name.slice(0, sign), argument: name.slice(sign) };
}

function compareArguments(a: string, b: string): number {
  if (a === '*' || b === '*') return Number(a === '*') - Number(b === '*');
  return compare(a, b);
}

/** By code, not by language. */
function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
