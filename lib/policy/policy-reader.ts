import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { reasonOf, systemErrorCode } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { legacyDefaults, legacyFiles } from './legacy-files.ts';
import { type Directive, parseDirective } from './parse-directive.ts';
import { parseIncludedRule, parseRule, RuleError, type RuleSubject } from './parse-rule.ts';
import type { PolicyProblem } from './policy-error.ts';
import { isFile, isFolder, listPolicyFolder } from './policy-folder.ts';
import { PolicyTextError, readPolicyText } from './policy-text.ts';
import type { Rule } from './rule.ts';
import type { RulePlace } from './verdict.ts';
import { strippedLines, words } from './words.ts';

/** Files that include each other deeper than this are a mistake. */
const MAX_DEPTH = 32;

/** Bounds what files that include others twice, which include others twice… can cost. */
const MAX_FILES = 1000;
const MAX_RULES = 100_000;

/** A file to be read. */
interface PolicyFile {
  readonly path: string;
  /** Folder that the paths in its directives are relative to. */
  readonly base: string;
  /** What its rules are about, where its lines do not say that. */
  readonly subject?: RuleSubject | undefined;
}

type Place = Pick<RulePlace, 'file' | 'line'>;

/** Reads policy files, and what they include, into rules. What is wrong in them is collected. */
export class PolicyReader {
  readonly rules: Rule[] = [];
  /** With any of these the policy is unusable. */
  readonly problems: PolicyProblem[] = [];
  /** What is worth knowing about the files, and harmless. */
  readonly remarks: PolicyProblem[] = [];
  /** All files and folders that were looked at: as long as they are the same, so is the policy. */
  readonly paths = new Set<string>();
  readonly #legacyFolder: string | undefined;
  /** Real paths of the files that are being read, the including before the included. */
  readonly #open: string[] = [];
  #files = 0;

  /** @param legacyFolder where the policy of Qubes 4.0 is, for `!compat-4.0` */
  constructor(legacyFolder?: string) {
    this.#legacyFolder = legacyFolder;
  }

  /**
   * Reads folders as if they were one.
   * @param folders absolute; a file in an earlier one takes the place of one of its name in a later
   *   one, and a folder that does not exist is empty
   */
  readFolders(folders: readonly string[]): void {
    const homes = new Map<string, string>();
    for (const folder of folders) {
      this.#attempt({ file: folder, line: 0 }, () => {
        this.paths.add(folder);
        const names = isFolder(folder) ? this.#namesIn(folder) : [];
        for (const name of names) if (!homes.has(name)) homes.set(name, folder);
      });
    }
    for (const [name, base] of [...homes].sort(([a], [b]) => (a < b ? -1 : 1))) {
      this.readFile({ path: join(base, name), base });
    }
  }

  /** Reads one file, whatever its name. */
  readFile(file: PolicyFile): void {
    this.#attempt({ file: file.path, line: 0 }, () => this.#read(file));
  }

  #read(file: PolicyFile): void {
    this.#open.push(this.#enter(file.path));
    for (const [index, text] of this.#lines(file.path).entries()) {
      const place = { file: file.path, line: index + 1, text };
      if (!text.startsWith('#')) this.#attempt(place, () => this.#readLine(file, place));
    }
    this.#open.pop();
  }

  #enter(path: string): string {
    this.paths.add(path);
    if (!isFile(path)) throw new RuleError(`${printable(path)} is no file`);
    const real = realpathSync(path);
    if (this.#open.includes(real)) throw new RuleError(`${printable(path)} includes itself`);
    if (this.#open.length >= MAX_DEPTH) {
      throw new RuleError(`more than ${MAX_DEPTH} files include each other`);
    }
    if (++this.#files > MAX_FILES) throw new RuleError(`more than ${MAX_FILES} files are included`);
    return real;
  }

  #lines(path: string): readonly string[] {
    try {
      return strippedLines(readPolicyText(path));
    } catch (error) {
      if (!(error instanceof PolicyTextError)) throw error;
      this.problems.push({ file: path, line: error.line, message: error.message });
      return [];
    }
  }

  #readLine(file: PolicyFile, place: RulePlace): void {
    const { subject } = file;
    const found = words(subject === undefined ? place.text : this.#inNewSyntax(place));
    if (found.length === 0) return;
    if (found[0]?.startsWith('!') === true) {
      this.#follow(parseDirective(found, subject !== undefined), file, place);
    } else if (subject === undefined) this.#add(parseRule(found, place));
    else this.#add(parseIncludedRule(subject, found, place));
  }

  /** Files that leave out what they are about may be written as in Qubes 4.0. */
  #inNewSyntax(place: RulePlace): string {
    const { text } = place;
    const now = text.replaceAll('$include:', '!include ').replaceAll('$', '@').replaceAll(',', ' ');
    if (now !== text) this.#remark(place, 'this is the syntax of Qubes 4.0');
    return now;
  }

  #follow(directive: Directive, { base, subject }: PolicyFile, place: Place): void {
    if (directive.kind === 'compat') {
      this.#includeLegacy(place);
      return;
    }
    const path = resolve(base, directive.path);
    if (directive.kind === 'include-dir') this.#includeFolder(path, base);
    else if (directive.kind === 'include') this.#read({ path, base, subject });
    else this.#read({ path, base, subject: directive.subject });
  }

  #includeFolder(folder: string, base: string): void {
    this.paths.add(folder);
    if (!isFolder(folder)) throw new RuleError(`${printable(folder)} is no folder`);
    for (const name of this.#namesIn(folder)) this.#read({ path: join(folder, name), base });
  }

  #includeLegacy(place: Place): void {
    this.#remark(place, '!compat-4.0 is meant for a time of transition');
    const base = this.#legacyFolder;
    if (base !== undefined) this.paths.add(base);
    if (base === undefined || !isFolder(base)) {
      throw new RuleError('there is no policy of Qubes 4.0 to include');
    }
    for (const file of legacyFiles(base)) {
      this.#read({ ...file, base });
      for (const rule of legacyDefaults(file)) this.#add(rule);
    }
  }

  #namesIn(folder: string): readonly string[] {
    const { names, invalid, ignored } = listPolicyFolder(folder);
    for (const name of invalid) {
      const place = { file: join(folder, name), line: 0 };
      this.#problem(place, 'the name of a policy file can hold only 0-9, a-z, _, . and -');
    }
    for (const name of ignored) {
      this.#remark({ file: join(folder, name), line: 0 }, 'this is not read: it is no *.policy');
    }
    return names;
  }

  #add(rule: Rule): void {
    if (this.rules.length >= MAX_RULES) throw new RuleError(`more than ${MAX_RULES} rules`);
    this.rules.push(rule);
  }

  /** What is wrong with a line, or a file, does not keep the others from being read. */
  #attempt(place: Place, read: () => void): void {
    const depth = this.#open.length;
    try {
      read();
    } catch (error) {
      if (error instanceof RuleError) this.#problem(place, error.message);
      else if (systemErrorCode(error) === undefined) throw error;
      else this.#problem(place, `cannot be read: ${reasonOf(error)}`);
    } finally {
      this.#open.length = depth;
    }
  }

  #problem({ file, line }: Place, message: string): void {
    this.problems.push({ file, line, message });
  }

  #remark({ file, line }: Place, message: string): void {
    this.remarks.push({ file, line, message });
  }
}
