import { stopIfCancelled } from '../../base/cancelled.ts';
import { NeedsError } from '../../base/errors.ts';
import { formatSize, MiB } from '../../base/size.ts';
import { CallError } from '../../qrexec/call-error.ts';
import type { QrexecCall, QrexecCaller } from '../../qrexec/caller.ts';
import { encodeCommand } from '../../qrexec/command-argument.ts';
import { failureOf } from './call-end.ts';
import { DISPOSABLE } from './names.ts';

/** Bytes of output after which a program is ended: a day of progress as JSON lines has less. */
const MAX_OUTPUT = 256 * MiB;

/** `env` ends with it when there is no such program; what runs a command in a qube may not say. */
const NO_PROGRAM = 127;

/** Where output of a program goes. */
export type Taker = (untrusted: Uint8Array) => Promise<void> | void;

export interface CommandStreams {
  /** All that the program gets to read. */
  readonly stdin?: Uint8Array;
  readonly stdout?: Taker;
  readonly stderr?: Taker;
}

/** A program that the disposable must have. */
export interface ProgramNeeded {
  readonly program: string;
  /** The option that makes it tell its version and end. */
  readonly version: string;
  /** Name of the package. */
  readonly comesWith: string;
}

/** Runs programs in the disposable, by its service `qubes.VMExec`. */
export class Inside {
  readonly #caller: QrexecCaller;
  readonly #signal: AbortSignal;

  constructor(caller: QrexecCaller, signal: AbortSignal) {
    this.#caller = caller;
    this.#signal = signal;
  }

  /** @returns exit status, as untrusted as all that comes out of there; 127 without such a program */
  async run(command: readonly string[], streams: CommandStreams = {}): Promise<number> {
    const call = await this.#call('qubes.VMExec', encodeCommand(['env', ...command]), streams);
    return await call.finished;
  }

  /**
   * Looks whether a program is there, by having it tell its version.
   * @param template in which it would have to be installed
   * @throws NeedsError when it is not
   */
  async require({ program, version, comesWith }: ProgramNeeded, template: string): Promise<void> {
    const status = await this.run([program, version]);
    if (status === 0) return;
    const what =
      status === NO_PROGRAM
        ? `${program} is missing in the template ${template}`
        : `${program} of the template ${template} does not work (exit status ${status})`;
    throw new NeedsError(`Cannot restore in a disposable: ${what}`, {
      qube: template,
      hint: `Install the package ${comesWith} in ${template}.`,
    });
  }

  /**
   * Waits until windows can be shown.
   * @throws NeedsError when they cannot
   */
  async waitForSession(): Promise<void> {
    const service = 'qubes.WaitForSession';
    const reason = await this.#call(service, '', {}).then(
      async (call) => ((await call.finished) === 0 ? undefined : await failureOf(call, service)),
      (error: unknown) => {
        if (error instanceof CallError) return error.message;
        throw error;
      },
    );
    if (reason === undefined) return;
    throw new NeedsError(`There is no terminal to type the passphrase into: ${reason}`, {
      hint: 'Name a file that holds it with --passphrase-file FILE.',
    });
  }

  /**
   * @returns the call when it has ended
   * @throws CancelledError when the signal ended it, NeedsError when it was ended for all its output
   */
  async #call(
    service: string,
    argument: string,
    { stdin, stdout, stderr }: CommandStreams,
  ): Promise<QrexecCall> {
    let left = MAX_OUTPUT;
    const bounded =
      (take: Taker | undefined): Taker =>
      (untrusted) => {
        left -= untrusted.length;
        if (left >= 0) return take?.(untrusted);
        call.kill();
      };
    const call = await this.#caller.call({
      target: DISPOSABLE,
      service,
      argument,
      signal: this.#signal,
      onStderr: bounded(stderr),
    });
    const takeOutput = bounded(stdout);
    try {
      // A program that ends early reads no more.
      if (stdin !== undefined) await call.stdin.write(stdin).catch(() => undefined);
      await call.stdin.end().catch(() => undefined);
      for await (const untrusted of call.stdout) await takeOutput(untrusted);
      await call.finished;
      stopIfCancelled(this.#signal);
      if (left < 0)
        throw new NeedsError(`The disposable put out more than ${formatSize(MAX_OUTPUT)}`);
      return call;
    } catch (error) {
      stopIfCancelled(this.#signal);
      throw error;
    } finally {
      call.kill();
    }
  }
}
