import type { AdminClient } from '../admin/client.ts';
import { ruleFields } from '../admin/firewall.ts';
import { DigestedContent } from '../archive/inner/digested-content.ts';
import type { InnerEntry, SparseContent } from '../archive/inner/inner-entry.ts';
import { type ContentOptions, takeContent } from '../archive/inner/take-content.ts';
import { parseAppmenus } from '../archive/metadata/appmenus.ts';
import { parseNotes } from '../archive/metadata/notes.ts';
import { HOME_PART, type Part, partName } from '../archive/recover/part.ts';
import { childPart, partReportOf } from '../archive/recover/part-report.ts';
import type { PartSink, TakenChild, TakenContent } from '../archive/recover/part-sink.ts';
import { VerifySink } from '../archive/recover/verify-sink.ts';
import { contentError } from '../base/content-error.ts';
import { parseFirewallXml } from '../base/firewall/rules-xml.ts';
import { ruleText } from '../base/firewall/rule-text.ts';
import type { PartReport } from '../base/report.ts';
import { MiB } from '../base/size.ts';
import { placed } from './placed.ts';
import type { ImportContent } from './import-content.ts';
import { restoreHome } from './restore-home.ts';
import type { RestoreJournal } from './restore-journal.ts';
import type { RestoredQube } from './restored-qube.ts';
import type { RestoreReport } from './restore-report.ts';

/** Real documents have some kilobytes. */
const MAX_DOCUMENT = 4 * MiB;

const IMAGE = '.img';

/** What parts are put in place with. */
export interface SinkTools extends ContentOptions {
  readonly client: AdminClient;
  readonly importContent: ImportContent;
  readonly journal: RestoreJournal;
  readonly report: RestoreReport;
  /** By their names in the backup; all are there. */
  readonly qubes: ReadonlyMap<string, RestoredQube>;
  /** Where dom0's home goes; undefined if it is not restored. */
  readonly home: { readonly folder: string; readonly name: string } | undefined;
  /** Gets the parts that were put in place, by their file. */
  readonly taken: Map<string, PartReport>;
  readonly signal: AbortSignal;
}

/**
 * Puts parts where they belong: images into volumes, firewall rules, notes and menu lists to their
 * qube, dom0's home into a folder. Whatever else a backup holds is only verified.
 */
export class RestoreSink implements PartSink {
  readonly #tools: SinkTools;
  readonly #verify: VerifySink;
  readonly #volumes = new Map<string, Promise<readonly string[]>>();

  constructor(tools: SinkTools) {
    this.#tools = tools;
    this.#verify = new VerifySink(tools);
  }

  async takeFile(part: Part, content: SparseContent): Promise<TakenContent> {
    const qube = this.#tools.qubes.get(part.qube);
    const taken =
      qube === undefined
        ? await this.#verify.takeFile(part, content)
        : await this.#put(qube, part, content);
    await this.#note(part, taken);
    return taken;
  }

  async takeFolder(part: Part, entries: AsyncIterable<InnerEntry>): Promise<TakenContent> {
    const qube = this.#tools.qubes.get(part.qube);
    if (part.whole !== undefined && qube !== undefined) return this.#takeWhole(qube, part, entries);
    const { home, signal } = this.#tools;
    if (part.part !== HOME_PART || home === undefined)
      return this.#verify.takeFolder(part, entries);
    const taken = await restoreHome(part, entries, { ...home, signal });
    await this.#note(part, taken);
    return taken;
  }

  async takeLink(part: Part, untrustedTarget: string): Promise<TakenContent> {
    return this.#verify.takeLink(part, untrustedTarget);
  }

  /** What was put in place stays there: a qube that lacks a part is not complete. */
  async discard({ qube, file }: Part): Promise<void> {
    this.#tools.taken.delete(file);
    await this.#tools.journal.add({ note: 'lost', qube, file });
  }

  /** Files beside each other; what lies deeper were menus and icons, which are made anew. */
  async #takeWhole(
    qube: RestoredQube,
    part: Part,
    entries: AsyncIterable<InnerEntry>,
  ): Promise<TakenContent> {
    const inside: TakenChild[] = [];
    for await (const entry of entries) {
      const untrustedName = entry.untrustedPath.slice(part.file.length + 1);
      if (entry.type !== 'file' || untrustedName.includes('/')) continue;
      const child = { qube: part.qube, part: partName(untrustedName), file: untrustedName };
      const taken = { untrustedName, ...(await this.#put(qube, child, entry)) };
      await this.#note(childPart(part, taken), taken);
      inside.push(taken);
    }
    const sum = (key: 'bytes' | 'dataBytes'): number =>
      inside.reduce((total, child) => total + child[key], 0);
    return { bytes: sum('bytes'), dataBytes: sum('dataBytes'), inside };
  }

  async #put(qube: RestoredQube, part: Part, content: SparseContent): Promise<TakenContent> {
    const there = this.#tools.client.qube(qube.newName);
    switch (part.part) {
      case 'firewall.xml':
        return this.#document(qube, part, content, 'the firewall rules', async (bytes) => {
          const rules = parseFirewallXml(bytes, part.file);
          await there.firewall.setRules(rules.map((rule) => ruleFields(ruleText(rule))));
        });
      case 'notes.txt':
        return this.#document(qube, part, content, 'the notes', async (bytes) => {
          await there.setNotes(parseNotes(bytes, part.file));
        });
      case 'whitelisted-appmenus.list':
        return this.#document(qube, part, content, 'the menu', async (bytes) => {
          await there.features.set('menu-items', parseAppmenus(bytes, part.file).join(' '));
        });
      default:
        return part.file.endsWith(IMAGE)
          ? this.#volume(qube, part, content)
          : this.#verify.takeFile(part, content);
    }
  }

  async #document(
    qube: RestoredQube,
    part: Part,
    content: SparseContent,
    what: string,
    set: (untrusted: Uint8Array) => Promise<void>,
  ): Promise<TakenContent> {
    const isSmall = content.size <= MAX_DOCUMENT;
    const untrusted = new Uint8Array(isSmall ? content.size : 0);
    const taken = await takeContent(content, this.#tools, {
      write: async (offset, bytes) => {
        if (isSmall) untrusted.set(bytes, offset);
      },
    });
    if (part.part === 'firewall.xml') qube.lacksFirewall = true;
    const isSet = await this.#tools.report.attempt(qube, what, async () => {
      if (!isSmall) throw contentError(part.file, 'it is too large');
      await set(untrusted);
    });
    if (part.part === 'firewall.xml' && isSet) qube.lacksFirewall = false;
    return taken;
  }

  async #volume(qube: RestoredQube, part: Part, content: SparseContent): Promise<TakenContent> {
    const { client, importContent, report } = this.#tools;
    const volume = part.part;
    if (!(await this.#keeps(qube, volume))) {
      // Images that no qube keeps were in the folders of old templates.
      if (qube.planned.volumes.some(({ name }) => name === volume)) {
        const reason = `qubes of class ${qube.planned.class} keep no such volume`;
        await report.notSet(qube, `the volume ${volume}`, reason);
      }
      return this.#verify.takeFile(part, content);
    }
    const digested = new DigestedContent(content, this.#tools);
    try {
      await importContent({ qube: qube.newName, volume }, digested);
    } catch (error) {
      throw await placed(error, async () => {
        const { pool } = await client.qube(qube.newName).volumes.info(volume);
        return `Cannot import the volume ${volume} of ${qube.newName} into the pool ${pool}`;
      });
    }
    return digested.finish();
  }

  /** Whether a qube has that volume, and it outlives a shutdown. */
  async #keeps({ newName }: RestoredQube, volume: string): Promise<boolean> {
    const { volumes } = this.#tools.client.qube(newName);
    let names = this.#volumes.get(newName);
    if (names === undefined) {
      names = volumes.list();
      this.#volumes.set(newName, names);
    }
    return (await names).includes(volume) && (await volumes.info(volume)).saveOnStop;
  }

  async #note(part: Part, taken: TakenContent): Promise<void> {
    const report = partReportOf(part, taken);
    this.#tools.taken.set(part.file, report);
    const { journal } = this.#tools;
    if (part.part === HOME_PART) await journal.add({ note: 'home', report });
    else await journal.add({ note: 'part', qube: part.qube, report });
  }
}
