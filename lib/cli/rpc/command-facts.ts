import type { OptionName } from './rpc-options.ts';
import type { RpcRequest } from './rpc-request.ts';

/** An argument as commander writes it, `<A>`, `[A]` or `[A...]`, and its field in the request. */
export type Term = readonly [term: string, field: string];

/** What a command takes. */
export interface CommandFacts {
  /** For the list of commands: at most 28 characters. */
  readonly summary: string;
  readonly about: string;
  readonly arguments: readonly Term[];
  readonly options: readonly OptionName[];
  /** Where the arguments depend on each other. */
  readonly usage?: string;
  /** Where there are several actions: what each takes behind its name. The first one is the default. */
  readonly actions?: Readonly<Record<string, readonly Term[]>>;
}

const WHERE: readonly OptionName[] = ['root', 'socket', 'qrexec', 'json'];

const QUBES: readonly Term[] = [['<QUBES...>', 'names']];
const VOLUME: Term = ['<QUBE:VOLUME>', 'volume'];
const DEVICE: Term = ['<DEVICE>', 'device'];
const QUBE: Term = ['<QUBE>', 'qube'];
const POLICY_CALL: readonly Term[] = [
  ['<SERVICE[+ARG]>', 'service'],
  ['<SOURCE>', 'source'],
  ['<TARGET>', 'target'],
];

/** Every command, in the order in which help and man page tell of it. */
export const COMMANDS: Readonly<Record<RpcRequest['command'], CommandFacts>> = {
  init: {
    summary: 'make an embedded system',
    about: 'Make an embedded system: a folder that stands in for Qubes OS.',
    arguments: [],
    options: ['sample', 'from', 'root', 'json'],
  },
  ls: {
    summary: 'list qubes',
    about: 'List qubes: all, or those that are named.',
    arguments: [['[QUBES...]', 'names']],
    options: ['onlyClass', 'tag', 'running', 'columns', ...WHERE],
  },
  create: {
    summary: 'create a qube',
    about: 'Create a qube.',
    arguments: [['<NAME>', 'name']],
    options: ['class', 'label', 'template', 'pool', 'prop', ...WHERE],
  },
  clone: {
    summary: 'create a qube like another',
    about: 'Create a qube that is like another: properties, data, rules, devices, all.',
    arguments: [
      ['<FROM>', 'from'],
      ['<NAME>', 'name'],
    ],
    options: ['class', 'pool', 'ignoreErrors', ...WHERE],
  },
  remove: {
    summary: 'remove qubes with their data',
    about: 'Remove qubes with all their data.',
    arguments: QUBES,
    options: ['yes', ...WHERE],
  },
  prefs: {
    summary: 'properties of qube or system',
    about: 'Show or set properties of a qube, or of the system. An empty VALUE is none.',
    arguments: [['[WORDS...]', 'words']],
    options: ['system', 'default', 'reset', 'helpProperty', ...WHERE],
    usage: 'QUBE|--system [NAME [VALUE]]',
  },
  features: {
    summary: 'features of a qube',
    about: 'Show or set features of a qube. An empty VALUE is false.',
    arguments: [QUBE, ['[NAME]', 'feature'], ['[VALUE]', 'value']],
    options: ['unset', ...WHERE],
    usage: 'QUBE [NAME [VALUE]]',
  },
  tags: {
    summary: 'tags of a qube',
    about: 'Show, add or remove tags of a qube.',
    arguments: [QUBE, ['[ACTION]', 'action'], ['[TAGS...]', 'tags']],
    options: WHERE,
    usage: 'QUBE [list | add TAG... | del TAG...]',
  },
  notes: {
    summary: 'notes about a qube',
    about: 'Show, replace or remove the notes about a qube.',
    arguments: [QUBE],
    options: ['set', 'delete', ...WHERE],
  },
  labels: {
    summary: 'labels of the system',
    about: 'Show labels; create or remove one of your own. COLOR is like 0xcc0000.',
    arguments: [
      ['[ACTION]', 'action'],
      ['[NAME]', 'name'],
      ['[COLOR]', 'color'],
    ],
    options: WHERE,
    usage: '[list | create NAME COLOR | remove NAME]',
  },
  volume: {
    summary: 'volumes: import, resize...',
    about: 'Look at, fill, read or change volumes of qubes. FILE - is standard input or output.',
    arguments: [],
    options: ['size', 'force', 'yes', ...WHERE],
    actions: {
      list: [['[QUBES...]', 'names']],
      info: [VOLUME],
      import: [VOLUME, ['<FILE>', 'file']],
      export: [VOLUME, ['<FILE>', 'file']],
      resize: [VOLUME, ['<SIZE>', 'newSize']],
      revert: [VOLUME, ['[REVISION]', 'revision']],
      clone: [
        ['<FROM:VOLUME>', 'from'],
        ['<TO:VOLUME>', 'to'],
      ],
      clear: [VOLUME],
      set: [VOLUME, ['<rw|revisions_to_keep|ephemeral>', 'setting'], ['<VALUE>', 'value']],
    },
  },
  pool: {
    summary: 'pools that volumes are in',
    about: 'Look at, add, remove or set up the pools that volumes are in.',
    arguments: [],
    options: ['option', ...WHERE],
    actions: {
      list: [],
      info: [['<NAME>', 'name']],
      drivers: [],
      add: [
        ['<NAME>', 'name'],
        ['<DRIVER>', 'driver'],
      ],
      remove: [['<NAME>', 'name']],
      set: [
        ['<NAME>', 'name'],
        ['<revisions_to_keep|ephemeral_volatile>', 'setting'],
        ['<VALUE>', 'value'],
      ],
    },
  },
  device: {
    summary: 'devices of qubes',
    about:
      'Look at devices, give them to qubes, or take them away. CLASS is block, pci, usb or mic; ' +
      'DEVICE is BACKEND:PORT, or BACKEND:PORT:ID where PORT or ID may be * for any.',
    arguments: [],
    options: ['option', 'required', 'ask', 'auto', ...WHERE],
    usage: '[CLASS] ACTION',
    actions: {
      list: [['[QUBES...]', 'names']],
      attach: [QUBE, DEVICE],
      detach: [QUBE, ['[DEVICE]', 'device']],
      assign: [QUBE, DEVICE],
      unassign: [QUBE, DEVICE],
      denied: [['<list|add|remove>', 'verb'], QUBE, ['[INTERFACES...]', 'interfaces']],
    },
  },
  firewall: {
    summary: 'firewall rules of a qube',
    about:
      'Show or change what a qube may reach. RULE is accept|drop [HOST [PROTO [PORTS|TYPE]]], or ' +
      'KEY=VALUE: action dsthost dst4 dst6 proto dstports icmptype specialtarget expire comment.',
    arguments: [],
    options: ['before', ...WHERE],
    usage: 'QUBE ACTION',
    actions: {
      list: [],
      add: [['<RULE...>', 'words']],
      remove: [['<NUMBER|RULE...>', 'words']],
      set: [['<FILE>', 'file']],
      reset: [],
      reload: [],
    },
  },
  start: {
    summary: 'start qubes',
    about: 'Start qubes, and what they need.',
    arguments: QUBES,
    options: WHERE,
  },
  shutdown: {
    summary: 'shut qubes down',
    about: 'Ask qubes to shut down; those that others of them need come last.',
    arguments: [['[QUBES...]', 'names']],
    options: ['allRunning', 'wait', 'timeout', 'forceHalt', ...WHERE],
  },
  kill: {
    summary: 'end qubes at once',
    about: 'End qubes at once: what they have not saved is lost.',
    arguments: QUBES,
    options: WHERE,
  },
  pause: {
    summary: 'halt the processors of qubes',
    about: 'Halt the processors of qubes.',
    arguments: QUBES,
    options: WHERE,
  },
  unpause: {
    summary: 'let paused qubes go on',
    about: 'Let paused qubes go on.',
    arguments: QUBES,
    options: WHERE,
  },
  suspend: {
    summary: 'send qubes to sleep',
    about: 'Send qubes to sleep.',
    arguments: QUBES,
    options: WHERE,
  },
  resume: {
    summary: 'wake qubes from sleep',
    about: 'Wake qubes from sleep.',
    arguments: QUBES,
    options: WHERE,
  },
  run: {
    summary: 'run a service in a qube',
    about: 'Run a service in a qube, which is started if need be.',
    arguments: [QUBE, ['<SERVICE[+ARG]>', 'service']],
    options: ['root', 'as'],
  },
  call: {
    summary: 'make a raw call',
    about: 'Make a raw call: payload from standard input, the answer as it comes.',
    arguments: [
      ['<METHOD[+ARG]>', 'call'],
      ['[DEST]', 'destination'],
    ],
    options: WHERE,
  },
  events: {
    summary: 'show what happens',
    about: 'Show what happens from now on, to one qube or to all.',
    arguments: [['[QUBE]', 'qube']],
    options: WHERE,
  },
  host: {
    summary: 'the host: look, stop, enable',
    about:
      'Look at the resident host of an embedded system, or stop it. Have systemd serve the Admin API ' +
      'of this machine by it, for the system in --root (/var/lib/qubes), or no longer.',
    arguments: [['<ACTION>', 'action']],
    options: ['replaceQubesd', 'sysroot', 'root', 'json'],
    usage: 'status | stop | enable | disable',
  },
  services: {
    summary: 'whose services answer calls',
    about:
      'Show whose services answer the calls that ours could: ours, or those of Qubes OS. Take calls ' +
      'over, or give them back.',
    arguments: [
      ['[ACTION]', 'action'],
      ['[SERVICES...]', 'names'],
    ],
    options: ['family', 'all', 'sysroot', 'json'],
    usage: '[status | enable | disable] [SERVICE...]',
  },
  policy: {
    summary: 'what policy says to a call',
    about: 'Ask what policy says to a call, and why; or look for what is wrong with it.',
    arguments: [],
    options: ['folder', 'facts', 'root', 'json'],
    actions: {
      check: POLICY_CALL,
      explain: POLICY_CALL,
      lint: [['[FILES...]', 'files']],
    },
  },
};
