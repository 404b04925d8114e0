import { StoragePoolException } from '../../../lib/base/admin-error.ts';
import type { Pool, Revision, Volume } from '../../../lib/storage/storage.ts';
import { snapshotsDisabled } from '../../../lib/storage/volume-facts.ts';
import type { VolumeFacts } from '../../../lib/storage/volume-facts.ts';
import type { VolumeState, WorldDisk } from './disk.ts';
import type { Life } from './life.ts';

const SECOND_MS = 1000;

/** A volume of a world, as the image drivers have them. */
export class WorldVolume implements Volume {
  readonly name: string;
  readonly vid: string;
  readonly pool: Pool;
  readonly source: Volume | undefined;
  readonly snapshotsDisabled: boolean;
  readonly #facts: VolumeFacts;
  readonly #disk: WorldDisk;
  readonly #life: Life;

  constructor(
    facts: VolumeFacts,
    pool: Pool,
    source: Volume | undefined,
    disk: WorldDisk,
    life: Life,
  ) {
    this.name = facts.name;
    this.vid = facts.vid;
    this.pool = pool;
    this.source = source;
    this.snapshotsDisabled = snapshotsDisabled(facts);
    this.#facts = facts;
    this.#disk = disk;
    this.#life = life;
  }

  get path(): string {
    return `/world/${this.vid}`;
  }

  create(): Promise<void> {
    return this.#life.do('volume.create', () => {
      if (this.#isOwn) this.#put({ content: this.#disk.newContent() });
    });
  }

  remove(): Promise<void> {
    return this.#life.do('volume.remove', () => void this.#disk.volumes.delete(this.vid));
  }

  async verify(): Promise<void> {
    const needed = this.#facts.snapOnStart ? this.source?.vid : this.#isOwn ? this.vid : undefined;
    if (needed === undefined || this.#disk.volumes.get(needed)?.content !== undefined) return;
    throw new StoragePoolException(`Missing image file for volume ${this.vid}`);
  }

  start(): Promise<void> {
    return this.#life.do('volume.start', () => {
      if (this.#facts.snapOnStart) {
        const origin = this.#disk.volumes.get(this.source?.vid ?? '');
        if (origin?.content === undefined) throw new StoragePoolException('There is no source');
        this.#put({ began: origin.content, size: origin.size });
      } else this.#put({ began: this.#state?.content ?? 0 });
    });
  }

  stop(): Promise<void> {
    return this.#life.do('volume.stop', () => {
      const state = this.#state;
      if (state?.began === undefined) return;
      if (!this.#isOwn) this.#disk.volumes.delete(this.vid);
      else this.#replace(this.#disk.newContent());
    });
  }

  cancelStart(): Promise<void> {
    return this.#life.do('volume.stop', () => {
      if (this.#isOwn) this.#put({ began: undefined });
      else this.#disk.volumes.delete(this.vid);
    });
  }

  disk(): Promise<string> {
    return Promise.resolve(this.path);
  }

  isDirty(): Promise<boolean> {
    return Promise.resolve(this.#state?.began !== undefined);
  }

  isOutdated(): Promise<boolean> {
    const began = this.#state?.began;
    const present = this.#disk.volumes.get(this.source?.vid ?? '')?.content;
    return Promise.resolve(this.#facts.snapOnStart && began !== undefined && began !== present);
  }

  check(): void {
    // A world keeps volumes in any way.
  }

  size(): Promise<number> {
    return Promise.resolve(this.#state?.size ?? this.#facts.size);
  }

  usage(): Promise<number> {
    return Promise.resolve(this.#state === undefined ? 0 : 1);
  }

  async resize(bytes: number): Promise<void> {
    if (!this.#isOwn) throw new StoragePoolException(`${this.vid} is not saved`);
    this.#put({ size: bytes });
  }

  export(): Promise<string> {
    return Promise.resolve(this.path);
  }

  exportEnd(): Promise<void> {
    return Promise.resolve();
  }

  importBegin(): Promise<string> {
    return Promise.resolve(`${this.path}-import`);
  }

  async importEnd(success: boolean): Promise<void> {
    if (success) this.#replace(this.#disk.newContent());
  }

  async importVolume(from: Volume): Promise<void> {
    this.#replace(this.#disk.newContent());
    this.#put({ size: await from.size() });
  }

  revisions(): Promise<readonly Revision[]> {
    return Promise.resolve(this.#state?.revisions ?? []);
  }

  async revert(): Promise<void> {
    this.#replace(this.#disk.newContent());
  }

  get #isOwn(): boolean {
    return this.#facts.saveOnStop && !this.#facts.snapOnStart;
  }

  get #state(): VolumeState | undefined {
    return this.#disk.volumes.get(this.vid);
  }

  /** Another content is saved, and nothing runs on the volume. */
  #replace(content: number): void {
    const seconds = Math.floor(this.#life.clock.now() / SECOND_MS);
    const revision = { id: `r${content}`, time: seconds };
    const others = this.#state?.revisions ?? [];
    const kept = [...others, revision].slice(-Math.max(this.#facts.revisionsToKeep, 0));
    this.#put({ content, began: undefined, revisions: kept });
  }

  #put(change: Partial<VolumeState>): void {
    const fresh = { size: this.#facts.size, content: undefined, began: undefined, revisions: [] };
    this.#disk.volumes.set(this.vid, { ...fresh, ...this.#state, ...change });
  }
}
