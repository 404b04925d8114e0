import { readQfile } from '../../lib/archive/outer/qfile-read.ts';
import { collect } from './bytes.ts';
import type { StartedService } from './service-process.ts';

export interface Outcome {
  /** Data of each file, by name. */
  readonly files: Map<string, Buffer>;
  /** Whether the sender has marked the end. */
  readonly complete: boolean;
  readonly status: number | string | undefined;
  readonly stderr: string;
}

export interface ClientOptions {
  /** Answered instead of 0 when everything is here. */
  readonly answer?: number;
  /** Answered as soon as that many files are here, and the rest is not read. */
  readonly enough?: { readonly files: number; readonly answer: number };
}

/** Plays the receiver: sends the lines, reads the stream, answers, waits for the end. */
export async function receiveFrom(
  service: StartedService,
  lines: readonly string[],
  { answer = 0, enough }: ClientOptions = {},
): Promise<Outcome> {
  const request = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  // A service that refuses its argument ends without having read: it says why.
  await service.stdin.write(request).catch(() => undefined);
  const reading = readQfile(service.stdout);
  const files = new Map<string, Buffer>();
  let code = answer;
  try {
    for await (const entry of reading.entries) {
      if (files.size === enough?.files) {
        code = enough.answer;
        break;
      }
      files.set(entry.untrustedName, await collect(entry.data()));
    }
  } catch {
    // The sender has failed: it says why.
  }
  if (reading.complete || enough !== undefined) {
    await service.stdin.write(reading.result(code)).catch(() => undefined);
  }
  await service.stdin.end().catch(() => undefined);
  return {
    files,
    complete: reading.complete,
    status: await service.finished,
    stderr: await service.stderr,
  };
}
