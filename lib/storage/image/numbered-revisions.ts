import { basename, dirname, join } from 'node:path';

import { namesIn } from '../files/files.ts';
import type { KeptRevision, Revisions } from './image-layout.ts';

const SUFFIX = /^\.(\d{1,15})@(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/;

/** Revisions as `file-reflink` keeps them, `private.img.3@2024-11-22T06:59:11Z`: their ids are numbers. */
export class NumberedRevisions implements Revisions {
  readonly #path: string;

  /** @param path of the image that they are older states of */
  constructor(path: string) {
    this.#path = path;
  }

  async list(): Promise<readonly KeptRevision[]> {
    const folder = dirname(this.#path);
    const prefix = basename(this.#path);
    const found: KeptRevision[] = [];
    for (const name of await namesIn(folder)) {
      if (!name.startsWith(prefix)) continue;
      const [, id, time] = SUFFIX.exec(name.slice(prefix.length)) ?? [];
      const seconds = Date.parse(time ?? '') / 1000;
      if (id === undefined || Number.isNaN(seconds)) continue;
      found.push({ id, time: seconds, path: join(folder, name) });
    }
    return found.sort((one, other) => Number(one.id) - Number(other.id));
  }

  async nextPath(seconds: number): Promise<string> {
    const last = Number((await this.list()).at(-1)?.id ?? 0);
    const time = new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
    return `${this.#path}.${last + 1}@${time}`;
  }
}
