import { UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { QubeReport } from '../../base/report.ts';
import type { Selection } from '../api.ts';
import { type ExpectedParts, expectedParts } from '../metadata/expected-parts.ts';
import type { BackupMetadata, BackupQube } from '../metadata/metadata.ts';
import { EMPTY_PART, type Part, partName, type WholeFolder } from './part.ts';

/** Which parts of a backup are meant by a choice of `QUBE` and `QUBE:PART`. */
export class Choice {
  readonly #metadata: BackupMetadata;
  readonly #include: readonly Target[];
  readonly #exclude: readonly Target[];

  /** @throws UsageError for a qube or part that the backup does not have, or when nothing is left */
  constructor(metadata: BackupMetadata, { include = [], exclude = [] }: Selection) {
    this.#metadata = metadata;
    this.#include = include.map((text) => parseTarget(text, metadata));
    this.#exclude = exclude.map((text) => parseTarget(text, metadata));
    if (include.length + exclude.length > 0 && this.possibleParts().length === 0) {
      throw new UsageError('There is nothing to do: everything that was chosen is excluded');
    }
  }

  /** Whether a part of that qube that may be there, known or not, is meant. */
  wants({ qube, part }: Pick<Part, 'qube' | 'part'>): boolean {
    const hit = (target: Target): boolean =>
      target.qube === qube && (target.part === undefined || target.part === part);
    return (this.#include.length === 0 || this.#include.some(hit)) && !this.#exclude.some(hit);
  }

  /** Whether the part, or anything in it if it is a qube's whole folder, is meant. */
  wantsPart(part: Part): boolean {
    const qube = part.whole === undefined ? undefined : this.#metadata.qubes.get(part.qube);
    return qube === undefined ? this.wants(part) : this.wantsQube(qube);
  }

  /** Whether anything of the qube is meant. */
  wantsQube(qube: BackupQube): boolean {
    const { name, backup } = qube;
    if (!backup.included) return false;
    const hit = (target: Target): boolean => target.qube === name;
    return (
      (this.#include.length === 0 || this.#include.some(hit)) &&
      !this.#exclude.some((target) => hit(target) && target.part === undefined)
    );
  }

  /** Prefixes of the members that hold what is meant. */
  prefixes(): string[] {
    const wanted = [...this.#metadata.qubes.values()].filter((qube) => this.wantsQube(qube));
    return wanted.flatMap(({ backup: { path } }) => {
      if (path === undefined) return [];
      return [path.startsWith('dom0-home/') ? `${path}.` : `${path}/`];
    });
  }

  /** Parts that must be there: of qubes that are meant, and those asked for by their name. */
  requiredParts(): Part[] {
    const files = [...this.#metadata.qubes.values()]
      .filter((qube) => this.wantsQube(qube))
      .flatMap((qube) => {
        const { required, optional } = namedParts(qube);
        const asked = optional.filter((file) =>
          this.#include.some(
            ({ qube: name, part }) => name === qube.name && part === partName(file),
          ),
        );
        return [...required, ...asked].map((file) => partAt(qube.name, file));
      });
    return files.filter((part) => this.wants(part));
  }

  /** Every part that is meant and may be in the backup. */
  possibleParts(): Part[] {
    const qubes = [...this.#metadata.qubes.values()].filter((qube) => this.wantsQube(qube));
    return qubes
      .flatMap((qube) => {
        const { required, optional } = expectedParts(qube);
        return [...required, ...optional]
          .map((file) => this.partAt(qube, file))
          .filter((part) => part !== undefined);
      })
      .filter((part) => this.wantsPart(part));
  }

  /**
   * The part that a file in the backup of a qube is.
   * @returns undefined if it cannot be one: a qube's whole folder is one file, or none is
   */
  partAt(qube: BackupQube, file: string): Part | undefined {
    const { wholeFolder } = qube.backup;
    if (file.endsWith('/.') !== wholeFolder) return undefined;
    const part = partAt(qube.name, file);
    if (wholeFolder) return { ...part, whole: this.#wholeFolder(qube) };
    return expectedParts(qube).foldersOrLinks.includes(file)
      ? { ...part, mayBeFolder: true }
      : part;
  }

  #wholeFolder(backupQube: BackupQube): WholeFolder {
    const qube = backupQube.name;
    const wants = (part: string): boolean => this.wants({ qube, part });
    const expected = namedParts(backupQube)
      .required.map((file) => partAt(qube, file))
      .filter(({ part }) => wants(part));
    const namesOf = (targets: readonly Target[]): string =>
      targets.flatMap((target) => (target.qube === qube ? (target.part ?? []) : [])).join();
    const [included, excluded] = [namesOf(this.#include), namesOf(this.#exclude)];
    const choice = included + excluded === '' ? '' : ` +${included} -${excluded}`;
    return { expected, choice, wants };
  }

  /** Every qube the backup knows, and of those that are in it the parts they must have. */
  plan(): QubeReport[] {
    return [...this.#metadata.qubes.values()].map((qube) => ({
      name: qube.name,
      class: qube.class,
      label: qube.label,
      template: qube.template,
      selected: this.wantsQube(qube),
      included: qube.backup.included,
      size: qube.backup.size,
      parts: namedParts(qube)
        .required.map((file) => partAt(qube.name, file))
        .map((part) => ({
          part: part.part,
          file: part.file,
          status: 'skipped' as const,
          ...sizeOf(qube, part.part),
        })),
    }));
  }
}

/** The parts a person can name: those in a whole folder rather than the folder. */
function namedParts(qube: BackupQube): Pick<ExpectedParts, 'required' | 'optional'> {
  const files = expectedParts(qube);
  return files.inside ?? files;
}

function partAt(qube: string, file: string): Part {
  return { qube, part: partName(file), file };
}

interface Target {
  readonly qube: string;
  readonly part: string | undefined;
}

function parseTarget(text: string, metadata: BackupMetadata): Target {
  const [name = '', part, ...rest] = text.split(':');
  const qube = metadata.qubes.get(name);
  const shown = printable(text);
  if (qube === undefined || rest.length > 0 || part === '') {
    throw new UsageError(`Cannot choose "${shown}": the backup knows no such qube`, {
      hint: 'The command list shows what it has; write QUBE or QUBE:PART.',
    });
  }
  if (!qube.backup.included) {
    throw new UsageError(`Cannot choose "${shown}": the backup has no data of that qube`);
  }
  const { required, optional } = namedParts(qube);
  const parts = [...required, ...optional].map(partName);
  if (part !== undefined && !parts.includes(part)) {
    throw new UsageError(
      `Cannot choose "${shown}": the parts of ${name} can be ${parts.join(', ')}`,
    );
  }
  return { qube: name, part };
}

function sizeOf(qube: BackupQube, part: string): { bytes?: number } {
  const bytes = part === EMPTY_PART ? 0 : qube.volumes?.get(part)?.size;
  return bytes === undefined ? {} : { bytes };
}
