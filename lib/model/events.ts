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
  /** Null where one qube's handler asks another qube's. */
  readonly oldvalue?: string | null;
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
  'domain-verify-files': Nothing;
  'domain-volume-import-begin': { readonly volume: string; readonly size: number };
  'domain-volume-import-end': { readonly volume: string; readonly success: boolean };
  /** A volume has taken over the content of another, which is told by its vid. */
  'domain-import-volume': { readonly name: string; readonly source: string };
  [event: `device-pre-assign:${string}`]: DeviceUse;
  [event: `device-assign:${string}`]: DeviceUse;
  [event: `device-unassign:${string}`]: { readonly device: string };
  /** Another mode; the device and its options are the same. */
  [event: `device-assignment-changed:${string}`]: { readonly device: string };
  /** The devices of a backend may have changed; what did is told next. */
  [event: `device-list-change:${string}`]: Nothing;
  /** A backend has a new device, or lost one. */
  [event: `device-added:${string}`]: { readonly device: string };
  [event: `device-removed:${string}`]: { readonly port: string };
  [event: `domain-feature-pre-set:${string}`]: FeatureSet;
  [event: `domain-feature-set:${string}`]: FeatureSet;
  [event: `domain-feature-pre-delete:${string}`]: { readonly feature: string };
  [event: `domain-feature-delete:${string}`]: { readonly feature: string };
  [event: `domain-tag-add:${string}`]: { readonly tag: string };
  [event: `domain-tag-delete:${string}`]: { readonly tag: string };
  /** A service is about to be called in it. */
  'domain-cmd-pre-run': { readonly start_guid: boolean };
  /** A template of disposables is to fill its stock of started ones, after so many seconds. */
  'domain-preload-dispvm-start': { readonly reason: string; readonly delay?: string };
  /** One of its stock is used now; the stock is filled up after so many seconds. */
  'domain-preload-dispvm-used': { readonly dispvm: Named; readonly delay: string };
  /** Asked of the qube that calls; never sent to anyone. */
  [event: `admin-permission:${string}`]: { readonly dest: Named; readonly arg: string };
}

interface DeviceUse extends EventPayload {
  readonly device: string;
  readonly options: ReadonlyMap<string, string>;
}

/**
 * What a qube goes through, step by step: each handler is waited for. Names with `-pre-` come before
 * the fact, and a handler can veto.
 */
export interface QubeActions {
  'domain-pre-start': { readonly start_guid: boolean; readonly mem_required: number | null };
  'domain-pre-spawn': { readonly start_guid: boolean };
  'domain-spawn': { readonly start_guid: boolean };
  /** Its QubesDB is there and has what all qubes have. */
  'domain-qdb-create': Nothing;
  'domain-start': { readonly start_guid: boolean };
  'domain-start-failed': { readonly reason: string };
  'domain-pre-shutdown': { readonly force: boolean };
  'domain-shutdown-failed': { readonly reason: string };
  'domain-stopped': Nothing;
  'domain-shutdown': Nothing;
  'domain-pre-paused': Nothing;
  'domain-paused': Nothing;
  'domain-pre-unpaused': Nothing;
  'domain-unpaused': Nothing;
  'domain-resumed': Nothing;
  'firewall-changed': Nothing;
  /** Another qube, which runs, has come to use this one as its netvm. */
  'net-domain-connect': { readonly vm: Named };
  /** Something watched in its QubesDB was written or removed. */
  [event: `domain-qdb-change:${string}`]: { readonly path: string };
  [event: `device-pre-attach:${string}`]: DeviceUse;
  [event: `device-attach:${string}`]: DeviceUse;
  [event: `device-pre-detach:${string}`]: { readonly port: string };
  [event: `device-detach:${string}`]: { readonly port: string };
}

/** What happens to the system as a whole. */
export interface SystemEvents extends PropertyEvents {
  'pool-add': { readonly pool: string };
  'pool-pre-delete': { readonly pool: string };
  'pool-delete': { readonly pool: string };
  'domain-add': { readonly vm: Named };
  'domain-pre-delete': { readonly vm: Named };
  'domain-delete': { readonly vm: Named };
}

export type EventName<Events> = keyof Events & string;

/** Code that a class runs at an event. */
export interface Handler<Subject> {
  /** Name of the event, or its beginning and a `*`. */
  readonly event: string;
  run(subject: Subject, payload: EventPayload, event: string): void | Promise<void>;
}

/** Declares what a qube does at an event; a name that ends in `*` stands for all that begin so. */
export function onQube<Subject, Event extends EventName<QubeEvents>>(
  event: Event,
  run: (subject: Subject, payload: QubeEvents[Event], event: string) => void,
): Handler<Subject> {
  return { event, run: run };
}

/** Declares what a qube does at one of its actions. */
export function onAction<Subject, Action extends EventName<QubeActions>>(
  action: Action,
  run: (subject: Subject, payload: QubeActions[Action], action: string) => void | Promise<void>,
): Handler<Subject> {
  return { event: action, run };
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
    for (const handler of this.#of(event)) void handler.run(subject, payload, event);
  }

  /** The same for an action: each handler is waited for before the next one runs. */
  async act(subject: Subject, action: string, payload: EventPayload): Promise<void> {
    for (const handler of this.#of(action)) await handler.run(subject, payload, action);
  }

  #of(event: string): readonly Handler<Subject>[] {
    const found = (this.#byKind.get(kindOf(event)) ?? []).filter((handler) =>
      matches(handler.event, event),
    );
    return isBeforeTheFact(event) ? found.toReversed() : found;
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
