import { Policy } from './policy.ts';
import { PolicyError } from './policy-error.ts';
import { PolicyReader } from './policy-reader.ts';

/**
 * Loads a policy. It reads at once: policy is short, and no call must be judged by half of it.
 * @param folders absolute; a file in an earlier one takes the place of one of its name in a later
 *   one, and a folder that does not exist is empty: `['/run/qubes/policy.d', '/etc/qubes/policy.d']`
 * @param legacyFolder of the policy of Qubes 4.0, for `!compat-4.0`: without one that is an error
 * @throws PolicyError when anything in it is wrong: no call is allowed then
 */
export function loadPolicy(folders: readonly string[], legacyFolder?: string): Policy {
  const reader = new PolicyReader(legacyFolder);
  reader.readFolders(folders);
  const [first, ...others] = reader.problems;
  if (first !== undefined) throw new PolicyError([first, ...others]);
  return new Policy(reader.rules);
}
