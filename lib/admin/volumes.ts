import type { AdminCalls } from './calls.ts';
import { parseNames, unreadable } from './reply-text.ts';
import { someAtOnce } from './some-at-once.ts';
import { parseVolumeInfo, type VolumeInfo } from './volume-info.ts';

/** What of a volume can be set. */
export type VolumeSetting = 'rw' | 'revisions_to_keep' | 'ephemeral';

/** Where the saved content of a volume can be read. */
export interface VolumeExport {
  /** Bytes. */
  readonly size: number;
  readonly path: string;
}

/** The volumes of a qube. Of a volume that is not there the daemon says PermissionDenied. */
export class QubeVolumes {
  readonly #calls: AdminCalls;
  readonly #qube: string;

  constructor(calls: AdminCalls, qube: string) {
    this.#calls = calls;
    this.#qube = qube;
  }

  /** Names: `root`, `private`… */
  async list(): Promise<readonly string[]> {
    return parseNames('admin.vm.volume.List', await this.#text('List', ''));
  }

  async info(volume: string): Promise<VolumeInfo> {
    return parseVolumeInfo(await this.#text('Info', volume));
  }

  async getAll(): Promise<ReadonlyMap<string, VolumeInfo>> {
    const all = await this.list();
    return new Map(await someAtOnce(all, async (name) => [name, await this.info(name)] as const));
  }

  /** Ids of older states, oldest first. */
  async revisions(volume: string): Promise<readonly string[]> {
    return parseNames('admin.vm.volume.ListSnapshots', await this.#text('ListSnapshots', volume));
  }

  async revert(volume: string, revision: string): Promise<void> {
    await this.#text('Revert', volume, revision);
  }

  /** @param bytes the daemon does not refuse to shrink it */
  async resize(volume: string, bytes: number): Promise<void> {
    await this.#text('Resize', volume, String(bytes));
  }

  async clear(volume: string): Promise<void> {
    await this.#text('Clear', volume);
  }

  async set(volume: string, setting: VolumeSetting, value: string): Promise<void> {
    await this.#text(`Set.${setting}`, volume, value);
  }

  /** Takes over the content of a volume of another qube. */
  async cloneFrom(volume: string, from: QubeVolumes, fromVolume: string): Promise<void> {
    const token = await from.#text('CloneFrom', fromVolume);
    await this.#text('CloneTo', volume, token);
  }

  /**
   * Replaces the content.
   * @param size bytes of the data, which the volume gets, too; undefined when they are those it has
   */
  async import(
    volume: string,
    data: AsyncIterable<Uint8Array>,
    size: number | undefined,
  ): Promise<void> {
    const verb = size === undefined ? 'Import' : 'ImportWithSize';
    await this.#calls.stream(`admin.vm.volume.${verb}`, {
      destination: this.#qube,
      argument: volume,
      payload: size === undefined ? data : behind(`${size}\n`, data),
    });
  }

  /** Lets the content be read until `exportEnd`; only our host, on this machine, does. */
  async exportBegin(volume: string): Promise<VolumeExport> {
    const method = 'internal.vm.volume.ExportBegin';
    const details = { destination: this.#qube, argument: volume };
    const untrustedReply = await this.#calls.text(method, details);
    const [, size, path] = /^(\d{1,16}) (\/[^\0]*)$/s.exec(untrustedReply) ?? [];
    if (size === undefined || path === undefined) throw unreadable(method, untrustedReply);
    return { size: Number(size), path };
  }

  async exportEnd(volume: string, { path }: VolumeExport): Promise<void> {
    await this.#calls.text('internal.vm.volume.ExportEnd', {
      destination: this.#qube,
      argument: volume,
      payload: path,
    });
  }

  #text(verb: string, argument: string, payload = ''): Promise<string> {
    const destination = this.#qube;
    return this.#calls.text(`admin.vm.volume.${verb}`, { destination, argument, payload });
  }
}

async function* behind(
  line: string,
  data: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(line);
  yield* data;
}
