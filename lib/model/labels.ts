import {
  ProtocolError,
  QubesInvalidLabelError,
  QubesInvalidLabelValueError,
  QubesLabelInUseError,
} from '../base/admin-error.ts';
import { decodeAscii } from '../base/ascii.ts';
import { pythonRepr } from '../base/python-text.ts';
import type { App } from './app.ts';
import type { Label } from './label.ts';
import { BUILT_IN_LABELS } from './label.ts';
import { label as labelOf } from './properties/base.ts';

const NAME_CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.';
const HEX_DIGITS = '0123456789abcdefABCDEF';

/**
 * Accepts what calls a label: its name, or the number of its index.
 * @throws QubesInvalidLabelError
 */
export function parseLabelName(untrusted: string): string {
  if (untrusted === '') throw new QubesInvalidLabelError('Label name must be set');
  if (/^[a-zA-Z0-9_.-]+$/.test(untrusted)) return untrusted;
  throw new QubesInvalidLabelError(`Label must be in safe set: ${NAME_CHARACTERS}`);
}

/**
 * Accepts the name of a label where no index may stand.
 * @throws QubesInvalidLabelError
 */
export function parseNewLabelName(untrusted: string): string {
  if (/^[0-9]+$/.test(untrusted)) throw new QubesInvalidLabelError('Label must not be a digit');
  return parseLabelName(untrusted);
}

/**
 * Accepts a colour, `0xcc0000`, with space around it.
 * @throws QubesInvalidLabelValueError
 */
export function parseColor(untrusted: Uint8Array): string {
  const text = decodeAscii(untrusted)?.trim();
  if (text === undefined) refuse('Label value must be encoded in ASCII');
  if (text.length !== 8) refuse('Label value must have length of 8');
  if (!text.startsWith('0x')) refuse('Label value must start with: 0x');
  if (/^0x[0-9a-fA-F]{6}$/.test(text)) return text;
  return refuse(`Label value must only contain hexadecimal digits after prefix: ${HEX_DIGITS}`);
}

/** @throws QubesLabelInUseError when there is one of that name */
export function createLabel(app: App, name: string, color: string): void {
  if (app.labels.some((label) => label.name === name)) throw inUse(name);
  const last = Math.max(BUILT_IN_LABELS.length, ...app.labels.map(({ index }) => index));
  app.labels = [...app.labels, { index: last + 1, name, color }];
}

/**
 * @throws ProtocolError when it is a built-in one
 * @throws QubesLabelInUseError when a qube has it
 */
export function removeLabel(app: App, label: Label): void {
  if (label.index <= BUILT_IN_LABELS.length) {
    throw new ProtocolError('Can only remove custom labels');
  }
  for (const qube of app.qubes) if (qube.find(labelOf) === label) throw inUse(label.name);
  app.labels = app.labels.filter((one) => one !== label);
}

function inUse(name: string): QubesLabelInUseError {
  return new QubesLabelInUseError(`Label is still in use: ${pythonRepr(name)}`);
}

function refuse(reason: string): never {
  throw new QubesInvalidLabelValueError(reason);
}
