import type { QubesDb, QubesDbDoor } from './qubesdb.ts';

type Listener = (path: string) => void;

/** The databases of an embedded system, in memory. */
export class EmbeddedQubesDb implements QubesDbDoor {
  readonly folder: string;
  readonly #databases = new Map<string, Entries>();

  /** @param root folder of the system */
  constructor(root: string) {
    this.folder = root;
  }

  async start({ name }: { readonly name: string }): Promise<void> {
    this.#databases.set(name, new Entries());
  }

  async stop({ name }: { readonly name: string }): Promise<void> {
    this.#databases.delete(name);
  }

  async open(qube: string): Promise<QubesDb | undefined> {
    return this.#databases.get(qube);
  }
}

class Entries implements QubesDb {
  readonly #entries = new Map<string, Uint8Array>();
  readonly #watches = new Set<{ readonly path: string; readonly listener: Listener }>();

  async read(path: string): Promise<Uint8Array | undefined> {
    return this.#entries.get(path);
  }

  async list(prefix: string): Promise<readonly string[]> {
    return [...this.#entries.keys()].filter((path) => path.startsWith(prefix)).sort();
  }

  async multiread(prefix: string): Promise<ReadonlyMap<string, Uint8Array>> {
    const paths = await this.list(prefix);
    return new Map(paths.map((path) => [path, this.#entries.get(path) ?? Buffer.alloc(0)]));
  }

  async write(path: string, value: string | Uint8Array): Promise<void> {
    this.#entries.set(path, Buffer.from(value));
    this.#tell(path);
  }

  async remove(path: string): Promise<void> {
    const gone = path.endsWith('/') ? await this.list(path) : [path];
    for (const one of gone) this.#entries.delete(one);
    this.#tell(path);
  }

  async watch(path: string, listener: Listener): Promise<() => void> {
    const watch = { path, listener };
    this.#watches.add(watch);
    return () => void this.#watches.delete(watch);
  }

  async close(): Promise<void> {
    this.#watches.clear();
  }

  #tell(path: string): void {
    for (const watch of this.#watches) {
      if (watch.path === path || (watch.path.endsWith('/') && path.startsWith(watch.path))) {
        watch.listener(path);
      }
    }
  }
}
