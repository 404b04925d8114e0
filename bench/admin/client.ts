import { connect } from 'node:net';

/** How fast one client got its answers, one call after another. */
export interface Rate {
  readonly perSecond: number;
  /** Milliseconds, half of the calls took less. */
  readonly medianMs: number;
}

const buffer = Buffer.alloc(256 * 1024);

/** One call: connect, send, end the request, read to the end. Returns how many bytes came back. */
export function call(path: string, request: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    let size = 0;
    const count = (bytes: number): boolean => {
      size += bytes;
      return true;
    };
    const socket = connect({ path, allowHalfOpen: true, onread: { buffer, callback: count } });
    socket.on('end', () => resolve(size));
    socket.on('error', reject);
    socket.end(request);
  });
}

/**
 * Calls for a while, one call after another.
 * @param request of the nth call, from 0
 */
export async function measureRate(
  path: string,
  request: (n: number) => Uint8Array,
  seconds: number,
): Promise<Rate> {
  const took: number[] = [];
  const begin = performance.now();
  const end = begin + 1000 * seconds;
  let now = begin;
  while (now < end) {
    // An answer of nothing is a call that failed.
    if ((await call(path, request(took.length))) < 2)
      throw new Error('The daemon answered nothing');
    const after = performance.now();
    took.push(after - now);
    now = after;
  }
  took.sort((one, other) => one - other);
  return {
    perSecond: (1000 * took.length) / (now - begin),
    medianMs: took[took.length >> 1] ?? NaN,
  };
}

/** A request of dom0. */
export function request(service: string, destination: string, payload = ''): Uint8Array {
  return Buffer.from(`${service} dom0 name ${destination}\0${payload}`);
}
