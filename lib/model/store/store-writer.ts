import { QubesException, QubesValueError } from '../../base/admin-error.ts';
import { KiB } from '../../base/size.ts';
import { printStartTag, printXml } from '../../base/xml/print-xml.ts';
import type { XmlNode } from '../../base/xml/print-xml.ts';
import { NOT_XML_CHARACTER } from '../../base/xml/xml-grammar.ts';
import { MAX_XML_SIZE } from '../../base/xml/xml.ts';
import type { App } from '../app.ts';
import type { Qube } from '../qube.ts';
import { element, idOf, leaf, propertiesNode, qubeNode } from './qube-node.ts';
import { placeUnknown, withRemainder } from './remainder.ts';
import type { RestOfStore } from './rest-of-store.ts';
import { STORE } from './store-error.ts';
import { SYSTEM_PART } from './store-grammar.ts';

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

const QUBE_DEPTH = 2;
/** Room to grow before there must be more memory. */
const SPARE = 256 * KiB;

/** Prints the store as the reference does. What has not changed since the last time is not printed again. */
export class StoreWriter {
  readonly #app: App;
  readonly #rest: RestOfStore;
  readonly #qubes = new WeakMap<Qube, Printed>();
  #frame: Frame | undefined;
  #memory = Buffer.alloc(0);

  constructor(app: App, rest: RestOfStore) {
    this.#app = app;
    this.#rest = rest;
  }

  /**
   * The whole store as it is now; the bytes are good until the next call.
   * @throws QubesException when it could not be read again
   */
  bytes(): Buffer {
    const { head, tail } = this.#printFrame();
    const qubes = [...this.#app.qubes];
    const unknown = this.#unknownBetween(qubes);
    const parts = qubes.flatMap((qube) => {
      const printed = this.#printQube(qube);
      const behind = unknown?.get(idOf(qube));
      return behind === undefined ? printed : [printed, printLines(behind, QUBE_DEPTH)];
    });
    const first = printLines(unknown?.get('') ?? [], QUBE_DEPTH);
    return this.#join([head, first, ...parts, tail]);
  }

  /** Into the same memory each time: to get and give back megabytes takes longer than to copy them. */
  #join(parts: readonly Buffer[]): Buffer {
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    if (size > MAX_XML_SIZE) {
      throw new QubesException(
        `Cannot save ${STORE}: it would be larger than ${MAX_XML_SIZE} bytes`,
      );
    }
    if (this.#memory.length < size) this.#memory = Buffer.allocUnsafeSlow(size + SPARE);
    let at = 0;
    for (const part of parts) at += part.copy(this.#memory, at);
    return this.#memory.subarray(0, size);
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

/** The system as the store has it, without its qubes. */
function systemNode(app: App): XmlNode {
  return element('qubes', {}, [
    element(
      'labels',
      {},
      app.labels.map(({ index, name, color }) =>
        leaf('label', { id: `label-${index}`, color }, name),
      ),
    ),
    element(
      'pools',
      {},
      app.pools.map(({ name, config }) => ({
        name: 'pool',
        attributes: new Map([['name', name], ...config]),
      })),
    ),
    propertiesNode(app),
    element('domains', {}, []),
  ]);
}

/**
 * Elements, each on lines of its own.
 * @param title whose they are, for the message: what the reader refuses must never be written
 */
function printLines(nodes: readonly XmlNode[], depth: number, title = 'the system'): Buffer {
  const indent = '  '.repeat(depth);
  const text = nodes.map((node) => `${indent}${printXml(node, depth)}\n`).join('');
  if (!NOT_XML_CHARACTER.test(text)) return Buffer.from(text);
  throw new QubesValueError(`Cannot save ${title}: a value has a character that XML forbids`);
}
