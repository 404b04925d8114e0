/** A colour that people give to qubes. */
export interface Label {
  /** 1 to 8 for the built-in ones. */
  readonly index: number;
  readonly name: string;
  /** `0xcc0000` */
  readonly color: string;
}

/** The labels every system begins with. */
export const BUILT_IN_LABELS: readonly Label[] = [
  { index: 1, name: 'red', color: '0xcc0000' },
  { index: 2, name: 'orange', color: '0xf57900' },
  { index: 3, name: 'yellow', color: '0xedd400' },
  { index: 4, name: 'green', color: '0x73d216' },
  { index: 5, name: 'gray', color: '0x555555' },
  { index: 6, name: 'blue', color: '0x3465a4' },
  { index: 7, name: 'purple', color: '0x75507b' },
  { index: 8, name: 'black', color: '0x000000' },
];
