import { setTimeout as delay } from 'node:timers/promises';
import type { Backup, OpenOptions, Outcome } from '../../lib/archive/api.ts';
import {
  CancelledError,
  DamagedError,
  UsageError,
  WrongPassphraseError,
} from '../../lib/base/errors.ts';
import type { HeaderReport, PartStatus, QubeReport } from '../../lib/base/report.ts';
import type { Opener } from '../../lib/cli/restore-program.ts';

export const PASSPHRASE = 'correct horse';

export const HEADER: HeaderReport = {
  version: 4,
  backupId: '20261121T230018-31222',
  encrypted: true,
  compressed: true,
  compressionFilter: 'gzip',
  hmacAlgorithm: 'scrypt',
};

/** What `cat` gives. */
export const CONTENT = new TextEncoder().encode('the bytes of a private volume');

export interface FakeFacts {
  readonly status?: PartStatus;
  /** Never gets to an end by itself. */
  readonly hangs?: boolean;
  /** Does not even stop when it is told to. */
  readonly deaf?: boolean;
  /** Bytes that `cat` gives besides, before its content. */
  readonly catBytes?: number;
  /** Milliseconds between the events of progress, of which there are twenty. */
  readonly pace?: number;
  /** Fails as a program with a mistake in it would. */
  readonly faulty?: boolean;
}

export function fakeQube(status: PartStatus = 'ok', selected = true): QubeReport {
  return {
    name: 'work',
    class: 'AppVM',
    label: 'blue',
    template: 'debian-12',
    included: true,
    selected,
    size: 5000,
    parts: [
      {
        part: 'private',
        file: 'vm2/private.img',
        status,
        bytes: 5000,
        ...(status === 'ok' ? { sha256: 'ab'.repeat(32) } : { reason: 'The data is cut off' }),
      },
    ],
  };
}

/** Opens a made-up backup of one qube, to try the program without an archive. */
export function fakeOpener(facts: FakeFacts = {}): Opener {
  return {
    readInfo: async (source) => {
      await source.close();
      return HEADER;
    },
    openBackup: async (source, options) => {
      await source.close();
      if (!options.passphrases.includes(PASSPHRASE)) throw new WrongPassphraseError();
      return fakeBackup(facts, options);
    },
  };
}

function fakeBackup(facts: FakeFacts, { signal, onEvent }: OpenOptions): Backup {
  const { status = 'ok', pace } = facts;
  const work = async (): Promise<Outcome> => {
    if (facts.faulty === true) throw new TypeError('x is not a function');
    for (let step = 0; step < 20; step++) {
      const place = { qube: 'work', part: 'private' };
      onEvent?.({ type: 'progress', bytes: step * 250, totalBytes: 5000, rate: 1000, ...place });
      if (pace !== undefined) await delay(pace, undefined, signal === undefined ? {} : { signal });
    }
    if (facts.hangs === true) await hang(facts, signal);
    return {
      ok: status === 'ok',
      ...(status === 'ok' ? {} : { failure: 'damaged' }),
      qubes: [fakeQube(status)],
      archiveBytes: 5000,
      warnings: 0,
      errors: status === 'ok' ? 0 : 1,
      seconds: 1.5,
    };
  };
  return {
    header: HEADER,
    identity: 'made-up',
    metadata: { globals: new Map(), labels: new Map(), qubes: new Map(), warnings: [] },
    plan: ({ include = [] } = {}) => {
      const unknown = include.find((name) => name.split(':')[0] !== 'work');
      if (unknown !== undefined) throw new UsageError(`There is no qube ${unknown}`);
      return [fakeQube(status)];
    },
    verify: work,
    extract: work,
    recover: work,
    async *cat() {
      for (let left = facts.catBytes ?? 0; left > 0; left -= 65536) yield new Uint8Array(65536);
      yield CONTENT;
      if (facts.hangs === true) await hang(facts, signal);
      if (status !== 'ok')
        throw new DamagedError('The data is cut off', { file: 'vm2/private.img' });
    },
    close: async () => undefined,
  };
}

async function hang({ deaf }: FakeFacts, signal: AbortSignal | undefined): Promise<never> {
  const minute = 60_000;
  if (deaf === true) await delay(minute);
  await delay(minute, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  throw new CancelledError();
}
