import { execa } from 'execa';

import { sinkTo, type ByteSink } from '../base/byte-sink.ts';
import { NeedsError } from '../base/errors.ts';
import { syncAll } from '../base/sync-file-system.ts';
import type { BackupTaker } from './backup-taker.ts';
import { howItEnded } from './command-end.ts';
import { endGroup, killGroup } from './process-group.ts';

/** What is left of a started command, for those who wait for it. */
interface Started {
  readonly pid: number | undefined;
  readonly stdin: ByteSink;
  readonly ended: Promise<{
    readonly failed: boolean;
    readonly exitCode?: number;
    readonly signal?: string;
  }>;
}

/** A command with the backup on its stdin. What it says, on stdout or stderr, goes to our stderr. */
export class CommandTaker implements BackupTaker {
  readonly #command: Started;

  private constructor(command: Started) {
    this.#command = command;
  }

  static async start(program: string, args: readonly string[]): Promise<CommandTaker> {
    const command = execa(program, args, {
      stdin: 'pipe',
      stdout: 2,
      stderr: 'inherit',
      buffer: false,
      reject: false,
      // A group of its own, so that it can be ended as a whole.
      detached: true,
    });
    return new CommandTaker({ pid: command.pid, stdin: sinkTo(command.stdin), ended: command });
  }

  async take(block: Uint8Array): Promise<void> {
    try {
      await this.#command.stdin.write(block);
    } catch {
      const how = howItEnded(await this.#command.ended);
      throw new NeedsError(
        `The command that takes the backup ended before it had all of it: ${how}`,
      );
    }
  }

  async finish(): Promise<void> {
    await this.#command.stdin.end();
    const ended = await this.#command.ended;
    if (ended.failed) {
      throw new NeedsError(`The command that takes the backup failed: ${howItEnded(ended)}`);
    }
    await syncAll();
  }

  /** It must not see the end of its input: that would look to it like a whole backup. */
  async abandon(): Promise<void> {
    endGroup(this.#command.pid);
    await this.#command.ended;
    killGroup(this.#command.pid);
  }
}
