import { realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { execa } from 'execa';

import { createLog } from '../base/log.ts';
import { anyDiskError } from '../base/disk-error.ts';
import { reasonOf } from '../base/errors.ts';
import { systemReason } from '../base/system-reason.ts';
import { decodeCommand } from '../qrexec/command-argument.ts';

// The service qubes.VMExec of the qubes of an embedded system, which have no agent: runs the command
// that its argument is, with its own streams, and ends as that does. The command finds the programs
// that were installed together with this one, behind all others.

const NO_PROGRAM = 127;
const NOT_EXECUTABLE = 126;

/** Milliseconds between two looks whether the caller is there. */
const STEP = 200;

const log = createLog();

async function main([untrustedArgument = '']: readonly string[]): Promise<number> {
  const [program = '', ...args] = decodeCommand(untrustedArgument);
  const env = { PATH: [process.env['PATH'] ?? '', installedPrograms()].join(delimiter) };
  const child = execa(program, args, { env, stdio: 'inherit', buffer: false, reject: false });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  // Where qubes are real, what runs in one ends with it, at the latest. Here it ends with its caller.
  const caller = process.ppid;
  setInterval(() => process.ppid !== caller && child.kill(), STEP).unref();
  const { exitCode, signal, code } = await child;
  if (signal !== undefined) return 128 + constants.signals[signal];
  if (exitCode !== undefined) return exitCode;
  log.error(`Cannot run the command: ${code === undefined ? 'unknown' : systemReason(code)}`);
  return code === 'ENOENT' ? NO_PROGRAM : NOT_EXECUTABLE;
}

function installedPrograms(): string {
  return join(dirname(realpathSync(import.meta.filename)), '..', 'bin');
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: unknown) => {
    log.error(reasonOf(anyDiskError(error)));
    process.exit(1);
  },
);
