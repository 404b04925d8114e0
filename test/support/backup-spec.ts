import type { Image } from './image.ts';
import type { Kdf } from './scrypt-container.ts';

/** What shall be in a backup that `makeBackup` makes. Everything has a plain default. */
export interface BackupSpec {
  readonly qubes: readonly QubeSpec[];
  /** Files of dom0's home folder; without it the home folder is not in the backup. */
  readonly home?: readonly HomeFile[];
  /** Takes the place of the `qubes.xml` that would be made from `qubes`. */
  readonly qubesXml?: string;
  readonly passphrase?: string;
  readonly backupId?: string;
  /** Bytes of compressed data in a chunk. 100 MiB unless told. */
  readonly chunkSize?: number;
  readonly compression?: Compression;
  /** Cost of each member by its name (`vm1/root.img.000`, `backup-header`), or of all. */
  readonly kdf?: Kdf | ((member: string) => Kdf);
  /** Seal by Node's cryptography (quick) or by the `scrypt` program. */
  readonly sealWith?: 'node' | 'program';
  /** How holes are written, of each file by its name (`vm1/root.img`), or of all. */
  readonly sparse?: SparseFormat | ((file: string) => SparseFormat);
  /** Lines of the header to change, add, or (undefined) leave out. */
  readonly header?: Readonly<Record<string, string | undefined>>;
}

export type Compression = 'gzip' | 'bzip2' | 'xz' | 'lzma' | 'zstd' | 'pigz' | 'pbzip2' | 'none';

/** `gnu` is what Qubes writes of image files, `pax-1.0` of block devices. */
export type SparseFormat = 'gnu' | 'pax-0.0' | 'pax-0.1' | 'pax-1.0' | 'none';

export interface QubeSpec {
  readonly name: string;
  /** `AppVM` unless told. */
  readonly class?: 'AppVM' | 'TemplateVM' | 'StandaloneVM' | 'DispVM';
  readonly label?: string;
  readonly template?: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly features?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  /** False: `qubes.xml` knows the qube, the backup has no data of it. */
  readonly included?: boolean;
  readonly volumes?: { readonly root?: Image; readonly private?: Image };
  /** Content of `whitelisted-appmenus.list`. */
  readonly menu?: readonly string[];
  /** Content of `firewall.xml`. */
  readonly firewall?: string;
  /** Content of `notes.txt`. */
  readonly notes?: string;
}

/** A file, folder (neither content nor target) or symbolic link below `dom0-home/user`. */
export interface HomeFile {
  readonly path: string;
  readonly content?: string;
  readonly target?: string;
}
