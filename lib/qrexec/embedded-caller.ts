import { mkdir, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { execa } from 'execa';
import * as z from 'zod/mini';

import { accept } from '../base/accept.ts';
import { sinkTo } from '../base/byte-sink.ts';
import { NeedsError } from '../base/errors.ts';
import { findProgram } from '../base/program.ts';
import type { QrexecCall, QrexecCaller, QrexecRequest } from './caller.ts';
import { TextTail } from './text-tail.ts';

/** Exit status of a service that could not be executed, as qrexec gives it. */
const NOT_EXECUTABLE = 125;

const Names = z.object({
  target: z.string().check(z.regex(/^[a-zA-Z][a-zA-Z0-9_.-]{0,30}$/, 'This is no name of a qube')),
  service: z
    .string()
    .check(
      z.maxLength(63, 'The name of the service is too long'),
      z.regex(/^[a-zA-Z][a-zA-Z0-9_.-]*$/, 'This is no name of a service'),
    ),
  argument: z
    .string()
    .check(
      z.maxLength(255, 'The argument of the service is too long'),
      z.regex(/^[a-zA-Z0-9_.+-]*$/, 'The argument holds a character that qrexec does not carry'),
    ),
});

/**
 * Calls the services of the qubes of an embedded system as dom0, which no policy restricts: starts
 * them as processes with pipes. The system is a folder: services in `qubes-rpc/`, a home for each
 * qube in `home/`, what qubes keep while they run in `run/`. This is no isolation.
 */
export class EmbeddedCaller implements QrexecCaller {
  readonly #root: string;

  /** @param root absolute path of the embedded system's folder */
  constructor(root: string) {
    this.#root = root;
  }

  async call(request: QrexecRequest): Promise<QrexecCall> {
    const { target, service, argument } = accept(Names, request);
    const home = await this.#home(target);
    const program = await this.#program(service, argument);
    const runtime = join(this.#root, 'run', target);
    await mkdir(runtime, { recursive: true, mode: 0o700 });

    const child = execa(program, argument === '' ? [] : [argument], {
      cwd: home,
      extendEnv: false,
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: home,
        XDG_RUNTIME_DIR: runtime,
        QREXEC_SERVICE_FULL_NAME: `${service}+${argument}`,
        QREXEC_SERVICE_ARGUMENT: argument,
        QREXEC_REMOTE_DOMAIN: 'dom0',
        QREXEC_REQUESTED_TARGET_TYPE: '',
      },
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
      buffer: false,
      reject: false,
      cancelSignal: request.signal,
    });
    const stderr = new TextTail(child.stderr);
    if (request.onStderr !== undefined) child.stderr.on('data', request.onStderr);
    return {
      stdin: sinkTo(child.stdin),
      stdout: bytesOf(child.stdout),
      untrustedStderr: () => stderr.text(),
      finished: child.then(({ exitCode, signal }) =>
        signal === undefined ? (exitCode ?? NOT_EXECUTABLE) : 128 + constants.signals[signal],
      ),
      kill: () => void child.kill(),
    };
  }

  async #home(qube: string): Promise<string> {
    const home = join(this.#root, 'home', qube);
    const found = await stat(home).catch(() => undefined);
    if (found?.isDirectory() === true) return home;
    throw new NeedsError(`There is no qube ${qube} in the embedded system (no folder ${home})`, {
      qube,
    });
  }

  async #program(service: string, argument: string): Promise<string> {
    const folder = join(this.#root, 'qubes-rpc');
    for (const name of [`${service}+${argument}`, service]) {
      const program = await findProgram(join(folder, name));
      if (program !== undefined) return program;
    }
    throw new NeedsError(`The service ${service} is not installed (no program in ${folder})`);
  }
}

async function* bytesOf(stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  yield* stream as AsyncIterable<Uint8Array>;
}
