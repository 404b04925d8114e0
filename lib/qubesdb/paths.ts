import { MAX_DATA_BYTES, PATH_BYTES } from './messages.ts';

/** Whether the daemon takes a text where a path, or the beginning of one, is asked for. */
export function isPath(untrusted: string): boolean {
  return (
    untrusted.length < PATH_BYTES && /^(?:[a-zA-Z0-9_/.:@][a-zA-Z0-9_/.:@-]*)?$/.test(untrusted)
  );
}

/** Whether a path can be that of an entry. */
export function isEntryPath(untrusted: string): boolean {
  return isPath(untrusted) && untrusted.startsWith('/') && !untrusted.endsWith('/');
}

/** Whether the daemon takes a message with that data: one byte less than a client has room for. */
export function mayBeSent(untrusted: Uint8Array): boolean {
  return untrusted.length < MAX_DATA_BYTES;
}

/** Whether bytes can be a value: any but NUL. */
export function isValue(untrusted: Uint8Array): boolean {
  return mayBeSent(untrusted) && !untrusted.includes(0);
}
