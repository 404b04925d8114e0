/** How a property shows on the wire: `default=True type=int 400`. */
export type PropertyType = 'str' | 'int' | 'bool' | 'vm' | 'label';

/** Something that goes by a name: a qube, a label. */
export interface Named {
  readonly name: string;
}

export type PropertyValue = string | number | boolean | null | Named;

/**
 * When a property is loaded from the store, and its place in lists: what concerns the qube alone,
 * global properties, then what refers to other qubes.
 */
export type LoadStage = 2 | 3 | 4;

/** One row of the table that makes a class: everything about a property, in one place. */
export interface Property<Holder, Value extends PropertyValue = PropertyValue> {
  readonly name: string;
  readonly type: PropertyType;
  /** What `Help` answers: one paragraph; the rule of the default stands here too. */
  readonly doc: string;
  readonly stage: LoadStage;
  /** Set once, when the qube is made. */
  readonly writeOnce: boolean;
  /** Computed, or fixed for the class; nobody sets it. */
  readonly readOnly: boolean;
  /** Written to the store. */
  readonly saved: boolean;
  /** A disposable takes the value of its template over. */
  readonly cloned: boolean;
  /**
   * Reads the text of a caller or of the store.
   * @throws AdminError of the class and with the words of the reference
   */
  parse(holder: Holder, untrusted: string): Value;
  /**
   * The rules a value must keep beyond its form, whoever sets it; may put it in its normal form.
   * @throws AdminError
   */
  check(holder: Holder, value: Value): Value;
  /** The value where none is set; undefined where there is none. A row without has no default. */
  readonly defaultOf?: (holder: Holder) => Value | undefined;
}

/** What a row needs to be told; the rest has a usual value. */
export type PropertySpec<Holder, Value extends PropertyValue> = Pick<
  Property<Holder, Value>,
  'name' | 'doc'
> & {
  readonly stage?: LoadStage;
  readonly writeOnce?: boolean;
  readonly readOnly?: boolean;
  readonly saved?: boolean;
  readonly cloned?: boolean;
  /** A fixed default. */
  readonly default?: Value;
  /** A default that follows from something else. */
  readonly defaultOf?: (holder: Holder) => Value | undefined;
  check?(holder: Holder, value: Value): Value;
};

/** Completes a row with what is usual. */
export function property<Holder, Value extends PropertyValue>(
  type: PropertyType,
  parse: (holder: Holder, untrusted: string) => Value,
  spec: PropertySpec<Holder, Value>,
): Property<Holder, Value> {
  const { default: fixed } = spec;
  const defaultOf = fixed === undefined ? spec.defaultOf : () => fixed;
  return {
    name: spec.name,
    type,
    doc: spec.doc,
    stage: spec.stage ?? 2,
    writeOnce: spec.writeOnce ?? false,
    readOnly: spec.readOnly ?? false,
    saved: spec.saved ?? true,
    cloned: spec.cloned ?? true,
    parse,
    check: (holder, value) => (spec.check === undefined ? value : spec.check(holder, value)),
    ...(defaultOf === undefined ? {} : { defaultOf }),
  };
}

/** The rows of a class, by name and in the order in which clients see them. */
export class PropertyTable<Holder> implements Iterable<Property<Holder>> {
  readonly #rows: ReadonlyMap<string, Property<Holder>>;

  /** @param rows of several parts of a class; a later row takes the place of one of its name */
  constructor(rows: readonly Property<Holder>[]) {
    const named = new Map(rows.map((row) => [row.name, row]));
    const sorted = [...named.values()].sort(
      (one, other) => one.stage - other.stage || (one.name < other.name ? -1 : 1),
    );
    this.#rows = new Map(sorted.map((row) => [row.name, row]));
  }

  find(name: string): Property<Holder> | undefined {
    return this.#rows.get(name);
  }

  [Symbol.iterator](): Iterator<Property<Holder>> {
    return this.#rows.values();
  }
}

/** A value as it goes over the wire and into the store. */
export function printValue(value: PropertyValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'object' ? value.name : String(value);
}
