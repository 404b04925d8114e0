import { NEEDED_TO_PRELOAD } from './able-to-preload.ts';
import type { BackupSpec, QubeSpec } from './backup-spec.ts';
import { randomBytes, textBytes } from './content.ts';
import type { Image } from './image.ts';

const MiB = 1024 * 1024;

/** A small volume with some data at its begin and in its middle. */
function image(name: string, size: number): Image {
  return {
    size,
    extents: [
      { offset: 0, bytes: textBytes(name, 10_000) },
      { offset: size / 2, bytes: randomBytes(name, 20_000) },
    ],
  };
}

const QUBES: readonly QubeSpec[] = [
  {
    name: 'banking',
    template: 'debian',
    label: 'green',
    properties: { netvm: 'net', memory: '500' },
    volumes: { private: image('banking', 4 * MiB) },
    firewall:
      '<firewall version="2"><rules><rule><properties><property name="action">accept</property>' +
      '<property name="dsthost">10.0.0.1</property></properties></rule></rules></firewall>\n',
    notes: 'the bank',
    menu: ['firefox.desktop'],
  },
  {
    name: 'debian',
    class: 'TemplateVM',
    label: 'black',
    features: Object.fromEntries(NEEDED_TO_PRELOAD.map((feature) => [feature, '1'])),
    volumes: { root: image('debian root', 8 * MiB), private: image('debian', MiB) },
  },
  {
    name: 'dvm',
    template: 'debian',
    label: 'red',
    properties: { template_for_dispvms: 'True' },
    features: { 'preload-dispvm-max': '0' },
    volumes: { private: image('dvm', MiB) },
  },
  { name: 'named-disp', class: 'DispVM', template: 'dvm', label: 'red' },
  {
    name: 'net',
    class: 'StandaloneVM',
    label: 'red',
    properties: { provides_network: 'True', netvm: '' },
    volumes: { root: image('net root', 2 * MiB), private: image('net', MiB) },
  },
];

/** A small system: a template and what is based on it, a netvm, and dom0's home. */
export const RESTORED: BackupSpec = {
  qubes: QUBES,
  home: [
    { path: 'Documents' },
    { path: 'Documents/letter.txt', content: 'dear\n' },
    { path: 'link', target: '/etc' },
  ],
};
