import { parseTruth, replyLines, unreadable } from './reply-text.ts';

/** A property as the Admin API tells of it. */
export interface PropertyValue {
  /** As on the wire: the name of a qube or label, digits, `True`; empty for none and for unset. */
  readonly value: string;
  /** `str`, `int`, `bool`, `vm`, `label`. */
  readonly type: string;
  /** True when it follows its default. */
  readonly default: boolean;
}

/** A default that a property would follow. */
export type PropertyDefault = Pick<PropertyValue, 'value' | 'type'>;

/**
 * Reads the reply of `property.Get`: `default=True type=vm sys-firewall`; the value goes to the end
 * of the reply, line breaks and all.
 * @throws NeedsError
 */
export function parseProperty(method: string, untrustedText: string): PropertyValue {
  const [, isDefault, type, value] =
    /^default=(\w+) type=([a-z]{1,32})(?: ([^]*))?$/.exec(untrustedText) ?? [];
  if (isDefault === undefined || type === undefined) throw unreadable(method, untrustedText);
  return { value: value ?? '', type, default: parseTruth(method, isDefault) };
}

/**
 * Reads the reply of `property.GetDefault`: `type=vm sys-firewall`, or nothing.
 * @throws NeedsError
 */
export function parseDefault(method: string, untrustedText: string): PropertyDefault | undefined {
  if (untrustedText === '') return undefined;
  const [, type, value] = /^type=([a-z]{1,32})(?: ([^]*))?$/.exec(untrustedText) ?? [];
  if (type === undefined) throw unreadable(method, untrustedText);
  return { value: value ?? '', type };
}

/**
 * Reads the reply of `property.GetAll`: a name and then as above, one property a line, with `\\` and
 * `\n` escaped in its value.
 * @throws NeedsError
 */
export function parseProperties(
  method: string,
  untrustedText: string,
): ReadonlyMap<string, PropertyValue> {
  return new Map(
    replyLines(untrustedText).map((untrustedLine) => {
      const [, name, rest] = /^([a-zA-Z0-9_.-]{1,64}) (.*)$/.exec(untrustedLine) ?? [];
      if (name === undefined || rest === undefined) throw unreadable(method, untrustedLine);
      const property = parseProperty(method, rest);
      return [name, { ...property, value: unescaped(property.value) }] as const;
    }),
  );
}

function unescaped(value: string): string {
  return value.replaceAll(/\\(.)/g, (_, character: string) =>
    character === 'n' ? '\n' : character,
  );
}
