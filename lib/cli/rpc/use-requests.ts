import * as z from 'zod';

import {
  assignment,
  callTarget,
  count,
  flag,
  oneOf,
  path,
  pools,
  qube,
  serviceCall,
  text,
  where,
  word,
} from './request-fields.ts';

/* Requests about what qubes may use, and about qubes that run. */

/** `BACKEND:PORT` or `BACKEND:PORT:ID`; an id has colons of its own. */
const device = word
  .regex(/^[^:\s]+:[^:\s]+(:\S+)?$/, 'it is not of the form BACKEND:PORT or BACKEND:PORT:ID')
  .transform((value) => {
    const [backend = '', port = '', ...rest] = value.split(':');
    return { backend, port, id: rest.length === 0 ? undefined : rest.join(':') };
  });

const deviceClass = z
  .string({ error: 'say block, pci, usb or mic in front' })
  .regex(/^[a-z][a-z0-9_-]{0,30}$/, 'it is no class of devices');
const options = z.array(assignment).default([]);
const ofDevice = { command: z.literal('device'), ...where, qube };

const attachment = { ...ofDevice, deviceClass };

export const deviceRequest = z.discriminatedUnion('action', [
  z.strictObject({
    command: z.literal('device'),
    ...where,
    action: z.literal('list'),
    deviceClass: deviceClass.optional(),
    names: z.array(qube).default([]),
  }),
  z.strictObject({ ...attachment, action: z.literal('attach'), device, option: options }),
  z.strictObject({ ...attachment, action: z.literal('detach'), device: device.optional() }),
  z
    .strictObject({
      ...attachment,
      action: z.literal('assign'),
      device,
      option: options,
      required: flag,
      ask: flag,
      auto: flag,
    })
    .refine(({ required, ask, auto }) => [required, ask, auto].filter(Boolean).length < 2, {
      message: '--required, --ask and --auto contradict each other',
      path: [],
    }),
  z.strictObject({ ...attachment, action: z.literal('unassign'), device }),
  z
    .strictObject({
      ...ofDevice,
      action: z.literal('denied'),
      verb: oneOf('list', 'add', 'remove'),
      interfaces: z
        .array(word.regex(/^[a-z?*][0-9a-f*]{6}$|^all$/, 'it is no interface such as u03****'))
        .default([]),
    })
    .refine(({ verb, interfaces }) => (verb === 'list') === (interfaces.length === 0), {
      message: 'add and remove take interfaces, list takes none',
      path: [],
    }),
]);

const ofFirewall = { command: z.literal('firewall'), ...where, qube };
const rule = z.array(text);

export const firewall = z.discriminatedUnion('action', [
  z.strictObject({ ...ofFirewall, action: z.literal('list') }),
  z.strictObject({
    ...ofFirewall,
    action: z.literal('add'),
    words: rule,
    before: count.optional(),
  }),
  z.strictObject({ ...ofFirewall, action: z.literal('remove'), words: rule }),
  z.strictObject({ ...ofFirewall, action: z.literal('set'), file: path }),
  z.strictObject({ ...ofFirewall, action: z.literal('reset') }),
  z.strictObject({ ...ofFirewall, action: z.literal('reload') }),
]);

export const power = z.strictObject({
  command: z.literal(['start', 'kill', 'pause', 'unpause', 'suspend', 'resume']),
  ...where,
  names: z.array(qube),
});

export const shutdown = z
  .strictObject({
    command: z.literal('shutdown'),
    ...where,
    names: z.array(qube).default([]),
    all: flag,
    wait: flag,
    timeout: count.optional(),
    force: flag,
  })
  .refine(({ names, all }) => all === (names.length === 0), {
    message: 'name qubes, or say --all',
    path: [],
  });

export const clone = z.strictObject({
  command: z.literal('clone'),
  ...where,
  from: qube,
  name: qube,
  class: word.optional(),
  pool: pools,
  ignoreErrors: flag,
});

export const run = z.strictObject({
  command: z.literal('run'),
  root: path.optional(),
  as: qube.optional(),
  qube: callTarget,
  service: serviceCall,
});
