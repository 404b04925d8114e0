import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { NeedsError } from '../../base/errors.ts';
import { type ScryptParameters, scryptMemory } from './scrypt-format.ts';

/**
 * What runs in the child: a request a line, answered by 64 bytes as a line of hex. Ctrl-C reaches it
 * as well as us; it is ours to end it, so that a missing answer is not taken for a want of memory.
 */
const CHILD = `
for (const name of ['SIGINT', 'SIGHUP', 'SIGTERM']) process.on(name, () => undefined);
const { scryptSync } = require('node:crypto');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { passphrase, salt, logN, r, p, maxmem } = JSON.parse(line);
  const key = scryptSync(passphrase, Buffer.from(salt, 'hex'), 64, { N: 2 ** logN, r, p, maxmem });
  process.stdout.write(key.toString('hex') + '\\n');
});`;

function startChild() {
  return execa(process.execPath, ['--eval', CHILD], {
    buffer: false,
    reject: false,
    stdin: 'pipe',
    stderr: 'ignore',
    extendEnv: false,
  });
}

/**
 * A Node process that derives keys, one after another. A derivation takes seconds and a gigabyte
 * and cannot be interrupted: inside our own process it would hold up the end of a cancelled run
 * until it is done, and hold its memory until the allocator thinks of giving it back. A child is
 * killed, and only a child dies where memory runs out. The passphrase goes through a pipe.
 */
export class KeyProcess {
  readonly #child = startChild();
  readonly #answers: AsyncIterator<string>;

  constructor() {
    // A child that died is noticed by its missing answer, not by the broken pipe.
    this.#child.stdin.on('error', () => undefined);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /**
   * @returns 64 bytes
   * @throws NeedsError when the process was ended before it had an answer: no memory left, or killed
   */
  async derive(passphrase: string, parameters: ScryptParameters): Promise<Uint8Array> {
    const { logN, r, p, salt } = parameters;
    // OpenSSL counts the p blocks and a little work space besides.
    const maxmem = 128 * r * (2 ** logN + p + 2) + 1024;
    const request = { passphrase, salt: Buffer.from(salt).toString('hex'), logN, r, p, maxmem };
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true || !/^[0-9a-f]{128}$/.test(answer.value)) {
      throw new NeedsError(
        'Cannot derive a key: the process that does it was ended, probably for want of memory',
        { stage: 'key', hint: `A derivation takes ${scryptMemory(parameters)} bytes.` },
      );
    }
    return Buffer.from(answer.value, 'hex');
  }

  /** Ends the process at once. Resolves when it is gone, and its memory with it. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#child;
  }
}
