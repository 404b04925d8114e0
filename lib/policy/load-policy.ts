import { Policy } from './policy.ts';
import { PolicyError } from './policy-error.ts';
import { PolicyReader } from './policy-reader.ts';

/** What of a policy is outside its folders. */
export interface PolicyOptions {
  /** Folder of the policy of Qubes 4.0, for `!compat-4.0`: without one that is an error. */
  readonly legacyFolder?: string | undefined;
}

/**
 * Loads the policy in folders. It reads at once: policy is short, and a call must not be judged by
 * half of it.
 * @param folders absolute; a file in an earlier one takes the place of one of its name in a later
 *   one, and a folder that does not exist is empty: `['/run/qubes/policy.d', '/etc/qubes/policy.d']`
 * @throws PolicyError when anything in it is wrong: no call is allowed then
 */
export function loadPolicy(
  folders: readonly string[],
  { legacyFolder }: PolicyOptions = {},
): Policy {
  const reader = new PolicyReader(legacyFolder);
  reader.readFolders(folders);
  const [first, ...others] = reader.problems;
  if (first !== undefined) throw new PolicyError([first, ...others]);
  return new Policy(reader.rules);
}
