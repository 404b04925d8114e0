import { QubesPropertyValueError } from '../base/admin-error.ts';
import { pythonRepr } from '../base/python-text.ts';
import { parseBoolean, parseInteger, parseText } from './parse-value.ts';
import { property } from './property.ts';
import type { Property, PropertySpec } from './property.ts';
import type { Qube, QubeClassName, System } from './qube.ts';
import { parseQubeName } from './qube-name.ts';

/** A qube, or the system itself. */
export interface Member {
  readonly system: System;
  readonly title: string;
}

/** A row that holds printable text. */
export function text<Holder>(spec: PropertySpec<Holder, string>): Property<Holder, string> {
  return property('str', (_, untrusted) => parseText(untrusted), spec);
}

/** A row that holds printable text, or nothing. */
export function optionalText<Holder>(
  spec: PropertySpec<Holder, string | null>,
): Property<Holder, string | null> {
  return property('str', (_, untrusted) => parseText(untrusted), spec);
}

export function bool<Holder>(spec: PropertySpec<Holder, boolean>): Property<Holder, boolean> {
  return property('bool', (_, untrusted) => parseBoolean(untrusted), spec);
}

export function int<Holder>(spec: PropertySpec<Holder, number>): Property<Holder, number> {
  return property('int', (_, untrusted) => parseInteger(untrusted), spec);
}

/** A row that holds a number, or nothing until one is set. */
export function optionalInt<Holder>(
  spec: PropertySpec<Holder, number | null>,
): Property<Holder, number | null> {
  return property('int', (_, untrusted) => parseInteger(untrusted), spec);
}

/** A rule for numbers that must not be 0. */
export function positive(name: string): (holder: unknown, value: number) => number {
  return (_, value) => {
    if (value > 0) return value;
    throw new QubesPropertyValueError(`${name} must be positive`);
  };
}

/** A row that refers to another qube, or to none. */
export function qubeOrNone<Holder extends Member>(
  spec: PropertySpec<Holder, Qube | null> & { readonly of?: QubeClassName },
): Property<Holder, Qube | null> {
  return property(
    'vm',
    (holder, untrusted) => (untrusted === '' ? null : findQube(holder, spec, untrusted)),
    spec,
  );
}

/** A row that always refers to another qube. */
export function qube<Holder extends Member>(
  spec: PropertySpec<Holder, Qube> & { readonly of?: QubeClassName },
): Property<Holder, Qube> {
  return property(
    'vm',
    (holder, untrusted) => {
      if (untrusted !== '') return findQube(holder, spec, untrusted);
      throw new QubesPropertyValueError(
        `Invalid value None for property ${pythonRepr(spec.name)} of ${pythonRepr(holder.title)}`,
      );
    },
    spec,
  );
}

/** A row that is worked out and cannot be set; what is sent for it is still judged by its form. */
export function computed<Holder, Value extends string | number | boolean | null>(
  type: 'str' | 'int' | 'bool',
  name: string,
  doc: string,
  defaultOf: (holder: Holder) => Value,
): Property<Holder, Value> {
  const parse = { str: parseText, int: parseInteger, bool: parseBoolean }[type];
  return property<Holder, Value>(type, (_, untrusted) => parse(untrusted) as Value, {
    name,
    doc,
    readOnly: true,
    saved: false,
    defaultOf,
  });
}

function findQube(
  holder: Member,
  { name, of: wanted }: { readonly name: string; readonly of?: QubeClassName },
  untrusted: string,
): Qube {
  const asked = parseQubeName(untrusted);
  const found = holder.system.qubes.find(asked);
  if (found === undefined) {
    throw new QubesPropertyValueError(`Can't set ${name} to non-existing qube ${asked}`);
  }
  const fits = wanted === undefined ? found.className !== 'RemoteVM' : found.className === wanted;
  if (fits) return found;
  throw new QubesPropertyValueError(
    `wrong VM class: domains[${pythonRepr(asked)}] is of type ${found.className} ` +
      `and not ${wanted ?? 'LocalVM'}`,
  );
}
