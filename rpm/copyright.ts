import type { BundledLibrary } from './bundled.ts';
import type { Project } from './project.ts';

/** Licences whose text is on every Debian. */
const COMMON: Readonly<Record<string, string>> = {
  'Apache-2.0': 'Apache-2.0',
  'GPL-2.0-or-later': 'GPL-2',
};

/** The title of the licence in LICENSE; what is above is about this project. */
const LICENCE_TITLE = /^ *GNU GENERAL PUBLIC LICENSE$/m;
/** Where a short licence begins, below its name and who holds the rights. */
const TERMS = /^Permission /m;
/** Who holds the rights; in Apache's licence not the line that is to be filled in. */
const HOLDER = /^[ *-]*Copyright (?:\(c\) )?(?!\[)(.+)$/gm;

/** Files that are under the same terms. */
interface Stanza {
  readonly files: readonly string[];
  readonly holders: readonly string[];
  readonly licence: string;
  /** What the licence says. */
  readonly terms: string;
}

/**
 * What a package for Debian says about rights, in the machine-readable form. The files that it speaks of
 * are those of the source tarballs.
 * @param ownText LICENSE
 * @param libraries what is inside the bundles of the package
 */
export function copyrightText(
  { author, homepage, licence, epoch }: Project,
  ownText: string,
  libraries: readonly BundledLibrary[],
): string {
  const head = [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Upstream-Name: qubes-rpc',
    `Upstream-Contact: ${author}`,
    `Source: ${homepage}`,
    'Comment: The tarballs that this is built from are in the release that it came with.',
    '',
  ].join('\n');
  const [notice = ''] = ownText.split(LICENCE_TITLE);
  // Without the line that says what this is.
  const terms = withCommon(licence, notice.slice(notice.indexOf('\n')).trim());
  const year = new Date(epoch * 1000).getUTCFullYear();
  const own: Stanza = { files: ['*'], holders: [`${year} ${author}`], licence, terms };
  return [head, ...[own, ...stanzasOf(libraries)].map(stanzaText)].join('\n');
}

/** Libraries whose licences differ only in who holds the rights are in one. */
function stanzasOf(libraries: readonly BundledLibrary[]): readonly Stanza[] {
  const stanzas = new Map<string, Stanza>();
  for (const { folder, name, licence, text } of libraries) {
    const terms = termsOf(licence, text);
    const key = `${licence} ${terms.replaceAll(/[\s"']+/g, ' ')}`;
    const { files = [], holders = [] } = stanzas.get(key) ?? {};
    stanzas.set(key, {
      terms,
      ...stanzas.get(key),
      licence,
      files: [...files, `${folder}/*`],
      holders: [...holders, ...holdersOf(name, text)],
    });
  }
  return [...stanzas.values()];
}

function termsOf(licence: string, text: string): string {
  if (text === '') return 'It brings no text of this licence, only its name.';
  if (licence in COMMON) return withCommon(licence, '');
  return text.slice(Math.max(0, text.search(TERMS)));
}

function withCommon(licence: string, notice: string): string {
  const common = COMMON[licence];
  if (common === undefined) return notice;
  const where = `On Debian systems the text of the licence is in\n/usr/share/common-licenses/${common}.`;
  return [notice, where].join('\n\n').trim();
}

function holdersOf(name: string, text: string): readonly string[] {
  const named = [...text.matchAll(HOLDER)].map(([, holder = '']) => holder);
  return (named.length === 0 ? ['its authors'] : named).map((holder) => `${holder} (${name})`);
}

function stanzaText({ files, holders, licence, terms }: Stanza): string {
  const body = terms.split('\n').map((line) => ` ${line.trim() === '' ? '.' : line}`);
  return [
    `Files: ${files.join('\n ')}`,
    `Copyright: ${holders.join('\n ')}`,
    `License: ${licence}`,
    ...body,
    '',
  ].join('\n');
}
