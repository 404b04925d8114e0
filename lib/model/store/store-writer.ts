import { QubesException } from '../../base/admin-error.ts';
import { KiB } from '../../base/size.ts';
import { printStartTag } from '../../base/xml/print-xml.ts';
import type { XmlNode } from '../../base/xml/print-xml.ts';
import { MAX_XML_SIZE } from '../../base/xml/xml.ts';
import type { App } from '../app.ts';
import type { Qube } from '../qube.ts';
import { printLines } from './print-lines.ts';
import { element, idOf, qubeNode } from './qube-node.ts';
import { placeUnknown, withRemainder } from './remainder.ts';
import type { RestOfStore } from './rest-of-store.ts';
import { STORE } from './store-error.ts';
import { SYSTEM_PART } from './store-grammar.ts';
import { systemNode } from './system-node.ts';

interface Printed {
  readonly version: number;
  readonly bytes: Buffer;
}

/** What stands before and after the qubes. */
interface Frame {
  readonly version: number;
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** What is in the memory now, and where. */
interface Layout {
  /** Of what stands outside the qubes, and of which qubes there are. */
  readonly ownVersion: number;
  readonly qubes: readonly Qube[];
  /** Version of each as it was printed. */
  readonly versions: number[];
  /** Where each begins; after the last one, where the tail begins. */
  readonly starts: number[];
  /** What follows each that means nothing to us, printed. */
  readonly behind: readonly (Buffer | undefined)[];
  size: number;
}

const QUBE_DEPTH = 2;
/** Room to grow before there must be more memory. */
const SPARE = 256 * KiB;

/**
 * Prints the store as the reference does, into the same memory each time: where a qube has changed
 * it is printed again, and what is behind it moved. To put megabytes together anew takes about as
 * long as to write them.
 */
export class StoreWriter {
  readonly #app: App;
  readonly #rest: RestOfStore;
  readonly #qubes = new WeakMap<Qube, Printed>();
  #frame: Frame | undefined;
  #memory = Buffer.alloc(0);
  #layout: Layout | undefined;

  constructor(app: App, rest: RestOfStore) {
    this.#app = app;
    this.#rest = rest;
  }

  /**
   * The whole store as it is now; the bytes are good until the next call.
   * @throws QubesException when it could not be read again
   */
  bytes(): Buffer {
    const known = this.#layout;
    // Whoever fails on the way leaves the memory half done.
    this.#layout = undefined;
    const layout =
      known?.ownVersion === this.#app.ownVersion ? this.#update(known) : this.#layOut();
    if (layout.size > MAX_XML_SIZE) {
      throw new QubesException(
        `Cannot save ${STORE}: it would be larger than ${MAX_XML_SIZE} bytes`,
      );
    }
    this.#layout = layout;
    return this.#memory.subarray(0, layout.size);
  }

  #update(layout: Layout): Layout {
    layout.qubes.forEach((qube, at) => {
      if (layout.versions[at] !== qube.version) this.#replace(layout, at, qube);
    });
    return layout;
  }

  /** Prints one qube again where it is, and moves what is behind it. */
  #replace(layout: Layout, at: number, qube: Qube): void {
    const { starts, versions } = layout;
    const part = this.#part(qube, layout.behind[at]);
    const start = starts[at] ?? 0;
    const end = starts[at + 1] ?? start;
    const growth = start + part.length - end;
    if (growth !== 0) {
      this.#makeRoom(layout.size + growth, layout.size);
      this.#memory.copyWithin(end + growth, end, layout.size);
      for (let next = at + 1; next < starts.length; next++)
        starts[next] = (starts[next] ?? 0) + growth;
      layout.size += growth;
    }
    part.copy(this.#memory, start);
    versions[at] = qube.version;
  }

  #layOut(): Layout {
    const { head, tail } = this.#printFrame();
    const qubes = [...this.#app.qubes];
    const unknown = this.#unknownBetween(qubes);
    const print = (nodes: readonly XmlNode[] | undefined): Buffer | undefined =>
      nodes && printLines(nodes, QUBE_DEPTH);
    const behind = qubes.map((qube) => print(unknown?.get(idOf(qube))));
    const before = [head, print(unknown?.get('')) ?? Buffer.alloc(0)];
    const parts = qubes.map((qube, at) => this.#part(qube, behind[at]));
    const starts: number[] = [];
    let at = before.reduce((sum, { length }) => sum + length, 0);
    for (const { length } of [...parts, tail]) {
      starts.push(at);
      at += length;
    }
    this.#makeRoom(at, 0);
    Buffer.concat([...before, ...parts, tail]).copy(this.#memory);
    const versions = qubes.map(({ version }) => version);
    return { ownVersion: this.#app.ownVersion, qubes, versions, starts, behind, size: at };
  }

  #part(qube: Qube, behind: Buffer | undefined): Buffer {
    const printed = this.#printQube(qube);
    return behind === undefined ? printed : Buffer.concat([printed, behind]);
  }

  /** @param kept bytes that must stay */
  #makeRoom(size: number, kept: number): void {
    if (size <= this.#memory.length) return;
    const memory = Buffer.allocUnsafeSlow(size + SPARE);
    this.#memory.copy(memory, 0, 0, kept);
    this.#memory = memory;
  }

  #printQube(qube: Qube): Buffer {
    const known = this.#qubes.get(qube);
    if (known?.version === qube.version) return known.bytes;
    const bytes = printLines([qubeNode(qube, this.#rest.qubes.get(qube))], QUBE_DEPTH, qube.name);
    this.#qubes.set(qube, { version: qube.version, bytes });
    return bytes;
  }

  #printFrame(): Frame {
    const version = this.#app.ownVersion;
    if (this.#frame?.version === version) return this.#frame;
    const root = withRemainder(systemNode(this.#app), SYSTEM_PART, this.#rest.system);
    const children = root.children ?? [];
    const place = children.findIndex(({ name }) => name === 'domains');
    const domains = children[place] ?? element('domains', {}, []);
    const head = [
      Buffer.from(`${printStartTag(root)}\n`),
      printLines(children.slice(0, place), 1),
      Buffer.from(`  ${printStartTag(domains)}\n`),
    ];
    const tail = [
      Buffer.from(`  </${domains.name}>\n`),
      printLines(children.slice(place + 1), 1),
      Buffer.from(`</${root.name}>\n`),
    ];
    this.#frame = { version, head: Buffer.concat(head), tail: Buffer.concat(tail) };
    return this.#frame;
  }

  /** Elements between the qubes that mean nothing to us; hardly any store has one. */
  #unknownBetween(qubes: readonly Qube[]): ReturnType<typeof placeUnknown> | undefined {
    const remainder = this.#rest.system?.inside.get('domains');
    return remainder && placeUnknown(remainder, new Set(qubes.map(idOf)));
  }
}
