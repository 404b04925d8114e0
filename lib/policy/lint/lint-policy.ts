import { basename, dirname } from 'node:path';

import type { PolicyProblem } from '../policy-error.ts';
import { PolicyReader } from '../policy-reader.ts';
import type { SystemFacts } from '../system-facts.ts';
import { lintRule } from './lint-rule.ts';
import { findShadowed } from './shadowed-rules.ts';

/** Something about a policy that a person should look at. */
export interface Finding extends PolicyProblem {
  /** With an error the whole policy is unusable. */
  readonly severity: 'error' | 'warning';
}

/** What is to be looked at. */
export interface LintedPolicy {
  /** As of `loadPolicy`. */
  readonly folders: readonly string[];
  readonly legacyFolder?: string | undefined;
  /** Absolute paths: only these files, each for itself, in place of the folders. */
  readonly files: readonly string[];
}

/**
 * Looks for what is wrong or suspicious in a policy.
 * @param facts to know which qubes there are; undefined where nothing is known of the system
 * @returns in the order in which the policy is read
 */
export function lintPolicy(
  { folders, legacyFolder, files }: LintedPolicy,
  facts: SystemFacts | undefined,
): readonly Finding[] {
  if (files.length > 0) return files.flatMap((path) => lintFile(path, legacyFolder, facts));
  const reader = new PolicyReader(legacyFolder);
  reader.readFolders(folders);
  const top = [...reader.paths].filter(
    (path) => path.endsWith('.policy') && folders.includes(dirname(path)),
  );
  return findingsOf(reader, facts, top.flatMap(nameRemark));
}

function lintFile(
  path: string,
  legacyFolder: string | undefined,
  facts: SystemFacts | undefined,
): readonly Finding[] {
  const reader = new PolicyReader(legacyFolder);
  reader.readFile({ path, base: dirname(path) });
  return findingsOf(reader, facts, []);
}

function findingsOf(
  { problems, remarks, rules, paths }: PolicyReader,
  facts: SystemFacts | undefined,
  others: readonly PolicyProblem[],
): readonly Finding[] {
  const order = new Map([...paths].map((path, at) => [path, at]));
  const place = ({ file }: PolicyProblem): number => order.get(file) ?? -1;
  const warnings = [
    ...remarks,
    ...others,
    ...rules.flatMap(({ place: { file, line }, ...rule }) =>
      lintRule(rule, facts).map((message) => ({ file, line, message })),
    ),
    ...findShadowed(rules).map(({ rule, message }) => {
      const { file, line } = rule.place;
      return { file, line, message };
    }),
  ];
  return [
    ...problems.map((problem) => ({ ...problem, severity: 'error' as const })),
    ...warnings.map((warning) => ({ ...warning, severity: 'warning' as const })),
  ].sort((a, b) => place(a) - place(b) || a.line - b.line);
}

function nameRemark(path: string): readonly PolicyProblem[] {
  if (/^\d\d-/.test(basename(path))) return [];
  const message = 'files are read in the order of their names, which should begin with two digits';
  return [{ file: path, line: 0, message }];
}
