import { createHash } from 'node:crypto';

import type { Entry } from './entry.ts';
import { fileEntry, folderEntry, programEntry } from './new-entry.ts';
import type { Project } from './project.ts';
import { writtenFiles } from './written-files.ts';

/** The packages for Debian; there is none for dom0, which is no Debian. */
export const DEBIAN_PACKAGES = ['restore', 'vm', 'doc'] as const;

export type DebianName = (typeof DEBIAN_PACKAGES)[number];

/** What those for Fedora say of themselves, in the spec. */
const ABOUT: Readonly<Record<DebianName, readonly [summary: string, ...text: string[]]>> = {
  restore: [
    'Restore and recover backups of Qubes OS, administer qubes',
    'The programs qubes-restore and qubes-rpc, for a management qube, or any other',
    'Linux: they restore backups into Qubes OS or an embedded system, recover what',
    'is in them anywhere, and administer qubes.',
  ],
  vm: [
    'Services of qubes, for templates',
    'The services that dom0 calls in a qube: to send and take backups, and to wait',
    'until it is up. Those that Qubes OS brings stay in force until',
    '"qubes-rpc services enable" says otherwise.',
  ],
  doc: [
    'Documents about the RPC services of Qubes OS in TypeScript',
    'How the programs are used, what is trusted, which services there are, and what',
    'the formats are.',
  ],
};

/** What has been taken over goes back before the files go. */
const PRERM = `#!/bin/sh
set -e
if [ "$1" = remove ]; then qubes-rpc services disable --all; fi
`;

/** What the programs have written goes, too, however the files went. */
const POSTRM = `#!/bin/sh
set -e
if [ "$1" = purge ]; then rm -f -- ${writtenBy('vm').join(' ')}; fi
`;

/** What dpkg reads of a package. */
export function controlFiles(
  name: DebianName,
  project: Project,
  content: readonly Entry[],
): readonly Entry[] {
  const files: Readonly<Record<string, string>> = {
    control: controlText(name, project, content),
    conffiles: conffilesText(content),
    md5sums: sumsText(content),
  };
  const scripts: Readonly<Record<string, string>> =
    name === 'vm' ? { prerm: PRERM, postrm: POSTRM } : {};
  return [
    folderEntry('/DEBIAN', []),
    ...Object.entries(files)
      .filter(([, text]) => text !== '')
      .map(([file, text]) => fileEntry(`/DEBIAN/${file}`, Buffer.from(text), [])),
    ...Object.entries(scripts).map(([file, text]) =>
      programEntry(`/DEBIAN/${file}`, Buffer.from(text), []),
    ),
  ];
}

function controlText(name: DebianName, project: Project, content: readonly Entry[]): string {
  const [summary, ...text] = ABOUT[name];
  const node = `nodejs (>= ${project.node})`;
  const needs: Readonly<Record<DebianName, string | undefined>> = {
    restore: node,
    vm: `qubes-rpc-restore (= ${project.version}), ${node}`,
    doc: undefined,
  };
  return [
    `Package: qubes-rpc-${name}`,
    `Version: ${project.version}`,
    'Architecture: all',
    `Section: ${name === 'doc' ? 'doc' : 'admin'}`,
    'Priority: optional',
    `Maintainer: ${project.author}`,
    `Homepage: ${project.homepage}`,
    `Installed-Size: ${kibibytes(content)}`,
    ...(needs[name] === undefined ? [] : [`Depends: ${needs[name]}`]),
    `Description: ${summary}`,
    ...text.map((line) => ` ${line}`),
    '',
  ].join('\n');
}

function kibibytes(entries: readonly Entry[]): number {
  const sizes = entries.map(({ content }) => (content.kind === 'file' ? content.bytes.length : 0));
  return Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1024);
}

/** What a person may change; dpkg keeps no links. */
function conffilesText(entries: readonly Entry[]): string {
  return entries
    .filter(({ content, role }) => content.kind === 'file' && role === 'config')
    .map(({ path }) => `${path}\n`)
    .join('');
}

/** What `dpkg --verify` compares with; for the files above dpkg has sums of its own. */
function sumsText(entries: readonly Entry[]): string {
  return entries
    .map(({ path, content, role }) => {
      if (content.kind !== 'file' || role === 'config') return '';
      const sum = createHash('md5').update(content.bytes).digest('hex');
      return `${sum}  ${path.slice(1)}\n`;
    })
    .join('');
}

function writtenBy(name: DebianName): readonly string[] {
  return writtenFiles.filter(({ packages }) => packages.includes(name)).map(({ path }) => path);
}
