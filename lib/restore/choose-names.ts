import type { RestoreProblem } from '../base/restore-plan.ts';
import { parseQubeName } from '../model/qube-name.ts';
import type { HostFacts } from './host-facts.ts';
import type { RestoreOptions } from './restore-options.ts';

/** Most characters of a name. */
const MAX_LENGTH = 31;

/** Where we give up looking for a free name. */
const LAST_NUMBER = 99;

/** What a qube will be called; with a problem where that name cannot be had. */
export interface ChosenName {
  readonly newName: string;
  /** An earlier run has made the qube already. */
  readonly resumes: boolean;
  readonly problem?: Pick<RestoreProblem, 'code' | 'message'>;
}

/**
 * Names for qubes: one that is free is kept; another is the reason for a problem or, if the person
 * wants that, gets a number at its end. What a person chose goes before that, and what an earlier
 * run made keeps its name.
 * @param wanted names in the backup
 * @param others names in the backup that are not restored now, but may be later
 */
export function chooseNames(
  wanted: readonly string[],
  others: readonly string[],
  host: HostFacts,
  { conflicting, names = new Map() }: Pick<RestoreOptions, 'conflicting' | 'names'>,
): ReadonlyMap<string, ChosenName> {
  const chosen = new Map<string, ChosenName>();
  const given = new Set<string>();
  const known = new Set([...wanted, ...others]);
  const isFree = (name: string): boolean => !host.qubes.has(name) && !given.has(name);
  const give = (name: string, choice: ChosenName): void => {
    chosen.set(name, choice);
    if (choice.problem === undefined) given.add(choice.newName);
  };

  for (const name of wanted) {
    const made = host.unfinished.get(name);
    if (made !== undefined && host.qubes.has(made)) give(name, { newName: made, resumes: true });
  }
  for (const name of wanted) {
    if (chosen.has(name) || names.has(name) || reasonAgainst(name, isFree) !== undefined) continue;
    give(name, { newName: name, resumes: false });
  }
  for (const name of wanted) {
    if (chosen.has(name)) continue;
    const newName = names.get(name) ?? name;
    const problem = reasonAgainst(newName, isFree);
    const numbered =
      problem !== undefined && conflicting === 'rename'
        ? numberedName(name, (candidate) => isFree(candidate) && !known.has(candidate))
        : undefined;
    if (numbered !== undefined) give(name, { newName: numbered, resumes: false });
    else give(name, { newName, resumes: false, ...(problem && { problem }) });
  }
  return chosen;
}

/** Why a qube cannot get that name; undefined if it can. */
function reasonAgainst(name: string, isFree: (name: string) => boolean): ChosenName['problem'] {
  if (!isQubeName(name)) {
    return { code: 'NOT_RESTORABLE', message: `no qube can have the name ${name}` };
  }
  if (isFree(name)) return undefined;
  return { code: 'ALREADY_EXISTS', message: `there is a qube ${name} already` };
}

/** Whether a qube that is made can have that name. */
export function isQubeName(untrusted: string): boolean {
  try {
    return parseQubeName(untrusted) !== 'dom0';
  } catch {
    return false;
  }
}

/** The name with the lowest number at its end that is free, cut where it would become too long. */
function numberedName(name: string, isFree: (name: string) => boolean): string | undefined {
  for (let number = 1; number <= LAST_NUMBER; number++) {
    const end = `-${number}`;
    const candidate = `${name.slice(0, MAX_LENGTH - end.length)}${end}`;
    if (isFree(candidate)) return candidate;
  }
  return undefined;
}
