import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { printable } from '../base/printable.ts';
import { findProgram } from '../base/program.ts';
import { watchUntil } from '../base/watch-until.ts';
import type { Waiting } from './inside.ts';
import { runProgram } from './run-program.ts';
import { waitForUnits } from './wait-for-units.ts';

/**
 * Nobody waits longer for a session: dom0 gives up after a minute, and is told so by nobody. One who
 * calls while there is no session at all must not be left behind for ever.
 */
const PATIENCE_MS = 15 * 60_000;

const FAILED = 1;
const USUAL_USER = 'user';

/** What is only there in dom0. */
const DOM0_PROGRAM = 'qrexec-client';

/**
 * Waits for the session of the user: that of its windows, where the qube has them, and then all that
 * its manager of systemd starts.
 * @param patienceMs how long the former is waited for
 * @returns exit status: that of systemctl; 1 when there is no session
 */
export async function waitForSession(waiting: Waiting, patienceMs = PATIENCE_MS): Promise<number> {
  const { inside, log, signal } = waiting;
  const user = await userWithWindows(waiting);
  if (user !== undefined) {
    // Begins with the session, and serves calls for it.
    const socket = join(inside.run, `qrexec-server.${user}.sock`);
    if (!(await watchUntil(inside.run, () => existsSync(socket), { patienceMs, signal }))) {
      log.error(`There is no session of ${printable(user)}: no ${printable(socket)}`);
      return FAILED;
    }
  }
  const env = { ...sessionBus(inside.env), ...inside.env };
  return waitForUnits(['--user'], { ...waiting, inside: { ...inside, env } });
}

/** @returns undefined where there are no windows to wait for */
async function userWithWindows(waiting: Waiting): Promise<string | undefined> {
  if ((await findProgram(DOM0_PROGRAM, waiting.inside.env['PATH'])) !== undefined) return undefined;
  const gui = await runProgram('qubesdb-read', ['--default=True', '/qubes-gui-enabled'], waiting);
  if (gui.text !== 'True') return undefined;
  const { status, text } = await runProgram('qubesdb-read', ['/default-user'], waiting);
  return status === 0 ? text : USUAL_USER;
}

/** Where the manager of a user is found when nobody has said so: services have no session. */
function sessionBus(env: NodeJS.ProcessEnv): Record<string, string> {
  const folder = env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.getuid?.() ?? 0}`;
  return { XDG_RUNTIME_DIR: folder, DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(folder, 'bus')}` };
}
