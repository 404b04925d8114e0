import { randomInt } from 'node:crypto';

import type { Qube } from './qube.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
/** As clients know it; more than 190 bits. */
const LENGTH = 32;
/** Milliseconds: clients use a token at once, people within minutes. */
const LIFETIME = 10 * 60 * 1000;
/** Who asks for more without using them loses the oldest. */
const MAX_TOKENS = 1000;

/** A volume that may be copied. */
export interface CloneSource {
  readonly qube: Qube;
  readonly volume: string;
}

interface Entry extends CloneSource {
  readonly ends: number;
}

/** Tokens, each of which lets a volume be copied once. They are forgotten with the process. */
export class CloneTokens {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now = (): number => performance.now()) {
    this.#now = now;
  }

  give(source: CloneSource): string {
    // In the order in which they were given.
    for (const [token, { ends }] of this.#entries) {
      if (ends > this.#now() && this.#entries.size < MAX_TOKENS) break;
      this.#entries.delete(token);
    }
    const token = Array.from({ length: LENGTH }, () =>
      ALPHABET.charAt(randomInt(ALPHABET.length)),
    ).join('');
    this.#entries.set(token, { ...source, ends: this.#now() + LIFETIME });
    return token;
  }

  /** @returns undefined for one that was never given, is used, or too old */
  take(untrustedToken: string): CloneSource | undefined {
    const entry = this.#entries.get(untrustedToken);
    this.#entries.delete(untrustedToken);
    return entry === undefined || entry.ends <= this.#now() ? undefined : entry;
  }
}
