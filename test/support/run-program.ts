import { Buffer } from 'node:buffer';
import { execa } from 'execa';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of the tests; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: Uint8Array | string;
  /** What the program reads on descriptors beyond 2: `{ 3: 'secret' }`. */
  readonly descriptors?: Readonly<Record<number, Uint8Array | string>>;
  /** Milliseconds; a program that takes longer fails the test. 20 s unless told. */
  readonly timeout?: number;
  /** Throw when the program does not exit with 0. */
  readonly mustSucceed?: boolean;
  /** Ends the program with SIGTERM. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** Undefined when a signal ended the program. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: Uint8Array;
  readonly stderr: string;
  /** Standard output as text. */
  readonly text: string;
  /** Standard output read as one JSON value a line. Throws when a line is none. */
  json(): unknown[];
}

const TIMEOUT = 20_000;

/**
 * Runs a program to its end and returns what it wrote, whatever its exit code.
 * @throws Error when it cannot be started, exceeds its time, or (`mustSucceed`) fails
 */
export async function runProgram(
  file: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<RunResult> {
  const timeout = options.timeout ?? TIMEOUT;
  const result = await execa(file, args, {
    // Every start of Node reads these certificates for 90 ms, and no test needs them.
    env: { NODE_EXTRA_CA_CERTS: undefined, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    stdio: [
      [toBytes(options.input ?? '')],
      'pipe',
      'pipe',
      ...extraDescriptors(options.descriptors ?? {}),
    ],
    encoding: 'buffer',
    stripFinalNewline: false,
    maxBuffer: 2 ** 30,
    reject: false,
    timeout,
    forceKillAfterDelay: 1000,
  });
  const stderr = Buffer.from(result.stderr).toString();
  if (result.timedOut) {
    throw new Error(`${file} took longer than ${timeout} ms. It wrote: ${stderr.slice(-2000)}`);
  }
  if (result.exitCode === undefined && result.signal === undefined && !result.isCanceled) {
    throw new Error(`${file} did not run: ${result.shortMessage ?? ''}`);
  }
  if (options.mustSucceed === true && result.exitCode !== 0) {
    throw new Error(`${file} ended with ${result.exitCode ?? result.signal ?? '?'}: ${stderr}`);
  }
  const text = Buffer.from(result.stdout).toString();
  return {
    exitCode: result.exitCode,
    signal: result.signal,
    stdout: result.stdout,
    stderr,
    text,
    json: () =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line): unknown => JSON.parse(line)),
  };
}

function extraDescriptors(inputs: Readonly<Record<number, Uint8Array | string>>) {
  const last = Math.max(2, ...Object.keys(inputs).map(Number));
  return Array.from({ length: last - 2 }, (_, index) => {
    const input = inputs[index + 3];
    return input === undefined ? ('ignore' as const) : [toBytes(input)];
  });
}

function toBytes(input: Uint8Array | string): Uint8Array {
  return typeof input === 'string' ? Buffer.from(input) : input;
}
