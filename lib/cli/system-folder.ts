import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * The folder of the embedded system: what the person names, else `QUBES_RPC_ROOT`, else `qubes-rpc`
 * among the data of the user's programs (`XDG_DATA_HOME`, by default `~/.local/share`).
 */
export function systemFolder(root: string | undefined, env: NodeJS.ProcessEnv): string {
  const named = root ?? env['QUBES_RPC_ROOT'];
  if (named !== undefined && named !== '') return resolve(named);
  const data = env['XDG_DATA_HOME'];
  // The XDG specification: a path that is not absolute is to be ignored.
  const base = data !== undefined && isAbsolute(data) ? data : join(homedir(), '.local', 'share');
  return join(base, 'qubes-rpc');
}
