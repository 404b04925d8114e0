import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';

import { QubesException } from '../base/admin-error.ts';
import { systemErrorCode } from '../base/errors.ts';
import { KiB } from '../base/size.ts';
import type { QubesDb, QubesDbDoor } from './qubesdb.ts';

/** Far more than any qube writes of itself. */
const MAX_BYTES = 256 * KiB;

const Entries = z.record(
  z.string().check(z.regex(/^\/[\x21-\x7e]*$/), z.maxLength(256)),
  z.string(),
);

/** The databases of an embedded system: for each qube a file `qubesdb/QUBE.json` of paths and texts. */
export class EmbeddedQubesDb implements QubesDbDoor {
  readonly #folder: string;

  /** @param root folder of the system */
  constructor(root: string) {
    this.#folder = join(root, 'qubesdb');
  }

  /** @throws QubesException when what the qube wrote is no such database */
  async open(qube: string): Promise<QubesDb | undefined> {
    const untrusted = await readBounded(join(this.#folder, `${qube}.json`), qube);
    if (untrusted === undefined) return undefined;
    const entries = new Map(Object.entries(parse(untrusted, qube)));
    return {
      read: async (path) => {
        const text = entries.get(path);
        return text === undefined ? undefined : Buffer.from(text);
      },
      list: async (prefix) => [...entries.keys()].filter((path) => path.startsWith(prefix)).sort(),
    };
  }
}

function parse(untrusted: string, qube: string): z.infer<typeof Entries> {
  let untrustedJson: unknown;
  try {
    untrustedJson = JSON.parse(untrusted);
  } catch {
    throw unusable(qube, 'it is not JSON');
  }
  const parsed = Entries.safeParse(untrustedJson);
  if (!parsed.success) throw unusable(qube, 'it is not an object of paths and texts');
  return parsed.data;
}

async function readBounded(path: string, qube: string): Promise<string | undefined> {
  const file = await openIfThere(path);
  if (file === undefined) return undefined;
  try {
    const block = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(block, length, block.length - length, length);
      if (bytesRead === 0) return block.toString('utf8', 0, length);
      length += bytesRead;
      if (length > MAX_BYTES) throw unusable(qube, `it is larger than ${MAX_BYTES} bytes`);
    }
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function unusable(qube: string, reason: string): QubesException {
  return new QubesException(`Cannot read the QubesDB of ${qube}: ${reason}`);
}
