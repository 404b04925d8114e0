import type { Named, PropertyValue } from './property.ts';

/** A value of an event's payload; on the wire as Python's `str()` prints it. */
export type EventValue = PropertyValue | ReadonlyMap<string, string>;

/** Facts of an event in the order in which they go over the wire. */
export type EventPayload = Readonly<Record<string, EventValue | undefined>>;

type Nothing = Readonly<Record<string, never>>;
interface PropertySet extends EventPayload {
  readonly name: string;
  readonly newvalue: PropertyValue;
  readonly oldvalue?: PropertyValue;
}
interface PropertyReset extends EventPayload {
  readonly name: string;
  readonly oldvalue?: PropertyValue;
}
interface FeatureSet extends EventPayload {
  readonly feature: string;
  readonly value: string;
  readonly oldvalue?: string;
}

/** Events of properties, those of a qube as well as global ones. */
interface PropertyEvents {
  [event: `property-pre-set:${string}`]: PropertySet;
  [event: `property-set:${string}`]: PropertySet;
  [event: `property-pre-reset:${string}`]: PropertyReset;
  [event: `property-pre-del:${string}`]: PropertyReset;
  [event: `property-reset:${string}`]: PropertyReset;
  [event: `property-del:${string}`]: PropertyReset;
}

/** What happens to one qube. Names with `-pre-` come before the fact, and a handler can veto. */
export interface QubeEvents extends PropertyEvents {
  'domain-init': Nothing;
  'domain-load': Nothing;
  'domain-create-on-disk': Nothing;
  'domain-remove-from-disk': Nothing;
  'features-request': { readonly untrusted_features: ReadonlyMap<string, string> };
  'template-postinstall': Nothing;
  [event: `domain-feature-pre-set:${string}`]: FeatureSet;
  [event: `domain-feature-set:${string}`]: FeatureSet;
  [event: `domain-feature-pre-delete:${string}`]: { readonly feature: string };
  [event: `domain-feature-delete:${string}`]: { readonly feature: string };
  [event: `domain-tag-add:${string}`]: { readonly tag: string };
  [event: `domain-tag-delete:${string}`]: { readonly tag: string };
  /** Asked of the qube that calls; never sent to anyone. */
  [event: `admin-permission:${string}`]: { readonly dest: Named; readonly arg: string };
}

/** What happens to the system as a whole. */
export interface SystemEvents extends PropertyEvents {
  'domain-add': { readonly vm: Named };
  'domain-pre-delete': { readonly vm: Named };
  'domain-delete': { readonly vm: Named };
}

export type EventName<Events> = keyof Events & string;

/** Code that a class runs at an event. */
export interface Handler<Subject> {
  /** Name of the event, or its beginning and a `*`. */
  readonly event: string;
  run(subject: Subject, payload: EventPayload, event: string): void;
}

/** Declares what a qube does at an event; a name that ends in `*` stands for all that begin so. */
export function onQube<Subject, Event extends EventName<QubeEvents>>(
  event: Event,
  run: (subject: Subject, payload: QubeEvents[Event], event: string) => void,
): Handler<Subject> {
  return { event, run: run };
}

/** Declares what the system does at an event. */
export function onSystem<Subject, Event extends EventName<SystemEvents>>(
  event: Event,
  run: (subject: Subject, payload: SystemEvents[Event], event: string) => void,
): Handler<Subject> {
  return { event, run: run };
}

/** All handlers of a class, found by the event. */
export class HandlerTable<Subject> {
  /** By the part of the name before the colon. */
  readonly #byKind = new Map<string, Handler<Subject>[]>();

  /** @param handlers those of the most general part of the class first */
  constructor(handlers: readonly Handler<Subject>[]) {
    for (const handler of handlers) {
      const kind = kindOf(handler.event);
      const others = this.#byKind.get(kind);
      if (others === undefined) this.#byKind.set(kind, [handler]);
      else others.push(handler);
    }
  }

  /** Runs what is declared for an event; before the fact the most special part has the first word. */
  run(subject: Subject, event: string, payload: EventPayload): void {
    const handlers = this.#byKind.get(kindOf(event));
    if (handlers === undefined) return;
    const ordered = isBeforeTheFact(event) ? handlers.toReversed() : handlers;
    for (const handler of ordered) {
      if (matches(handler.event, event)) handler.run(subject, payload, event);
    }
  }
}

/** Whether an event comes before the fact: observers hear of it before the handlers judge. */
export function isBeforeTheFact(event: string): boolean {
  return event.includes('-pre-') || event.startsWith('admin-permission:');
}

function kindOf(event: string): string {
  const colon = event.indexOf(':');
  return colon < 0 ? event : event.slice(0, colon);
}

function matches(pattern: string, event: string): boolean {
  return pattern.endsWith('*') ? event.startsWith(pattern.slice(0, -1)) : pattern === event;
}
