import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

import { NeedsError } from '../base/errors.ts';

/**
 * The folder of the embedded system: what the person names, else `QUBES_RPC_ROOT`, else `qubes-rpc`
 * among the data of the user's programs (`XDG_DATA_HOME`, by default `~/.local/share`).
 * @throws NeedsError when that is in a home, and there is none
 */
export function systemFolder(root: string | undefined, env: NodeJS.ProcessEnv): string {
  const named = root ?? env['QUBES_RPC_ROOT'];
  if (named !== undefined && named !== '') return resolve(named);
  const data = env['XDG_DATA_HOME'];
  // The XDG specification: a path that is not absolute is to be ignored.
  const base = data !== undefined && isAbsolute(data) ? data : join(home(), '.local', 'share');
  return join(base, 'qubes-rpc');
}

/** By `HOME`, else as the system knows the user, who may be unknown to it. */
function home(): string {
  try {
    return homedir();
  } catch (cause) {
    throw new NeedsError(
      'Cannot tell where the embedded system is: you have no home',
      { hint: 'Give --root DIR, or set QUBES_RPC_ROOT.' },
      { cause },
    );
  }
}
