import type { BackupSpec } from './backup-spec.ts';
import { randomBytes, textBytes } from './content.ts';

const MiB = 1024 * 1024;

/** A small system with one of everything: a template, an app qube, a disposable, dom0's home. */
export const SAMPLE: BackupSpec = {
  qubes: [
    {
      name: 'work',
      template: 'debian-12',
      label: 'blue',
      tags: ['team-blue'],
      features: { 'service.cups': '1', 'x-empty': '', greeting: 'a<b & "c"' },
      properties: { netvm: 'sys-net', memory: '600' },
      volumes: {
        private: {
          size: 20 * MiB,
          extents: [
            { offset: 0, bytes: textBytes('work', 70_000) },
            { offset: 8 * MiB, bytes: randomBytes('work', 150_000) },
          ],
        },
      },
      firewall:
        '<firewall version="2"><rules><rule><properties><property name="action">drop</property>' +
        '</properties></rule></rules></firewall>\n',
      notes: 'two lines\nof notes',
      menu: ['firefox.desktop', 'xterm.desktop'],
    },
    {
      name: 'debian-12',
      class: 'TemplateVM',
      label: 'black',
      volumes: {
        root: {
          size: 30 * MiB,
          // More extents than fit into the first header of a GNU sparse entry.
          extents: Array.from({ length: 40 }, (_, i) => ({
            offset: i * 128 * 1024,
            bytes: textBytes(`root ${i}`, 4096),
          })),
        },
        private: { size: 2 * MiB, extents: [] },
      },
    },
    { name: 'disp1234', class: 'DispVM', template: 'work', label: 'red' },
    { name: 'left-out', included: false },
  ],
  home: [
    { path: 'Documents' },
    { path: 'Documents/žluťoučký kůň.txt', content: 'neigh\n' },
    { path: 'link', target: 'Documents' },
  ],
};
