import type { Entry } from './entry.ts';
import { fileEntry, folderEntry, programEntry } from './new-entry.ts';
import type { Project } from './project.ts';

/** The packages for Debian. */
export type DebianName = 'restore' | 'vm' | 'doc';

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

/** What dpkg reads of a package. */
export function controlFiles(
  name: DebianName,
  project: Project,
  content: readonly Entry[],
): readonly Entry[] {
  const control = fileEntry(
    '/DEBIAN/control',
    Buffer.from(controlText(name, project, content)),
    [],
  );
  const prerm = programEntry('/DEBIAN/prerm', Buffer.from(PRERM), []);
  return [folderEntry('/DEBIAN', []), control, ...(name === 'vm' ? [prerm] : [])];
}

function controlText(name: DebianName, project: Project, content: readonly Entry[]): string {
  const [summary, ...text] = ABOUT[name];
  const needs: Readonly<Record<DebianName, string | undefined>> = {
    restore: `nodejs (>= ${project.node})`,
    vm: `qubes-rpc-restore (= ${project.version})`,
    doc: undefined,
  };
  return [
    `Package: qubes-rpc-${name}`,
    `Version: ${project.version}`,
    'Architecture: all',
    'Section: admin',
    'Priority: optional',
    'Maintainer: The authors of qubes-rpc',
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
