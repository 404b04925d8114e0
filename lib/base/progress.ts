import type { ProgressEvent } from './report.ts';

/** More often nobody can read it. */
const INTERVAL_MS = 250;
/** Half-life of the rate's memory, so that it follows the source without flickering. */
const HALF_LIFE_S = 10;

type Place = Pick<ProgressEvent, 'qube' | 'part' | 'file'>;

/** Turns "so many bytes more, at this place" into progress events at a pace people can follow. */
export class ProgressMeter {
  /** Bytes done so far. */
  bytes = 0;
  totalBytes: number | undefined;
  readonly #listener: (event: ProgressEvent) => void;
  readonly #now: () => number;
  #last: { time: number; bytes: number };
  #rate: number | undefined;

  /** @param now milliseconds */
  constructor(
    listener: (event: ProgressEvent) => void,
    totalBytes?: number,
    now: () => number = () => performance.now(),
  ) {
    this.#listener = listener;
    this.totalBytes = totalBytes;
    this.#now = now;
    this.#last = { time: now(), bytes: 0 };
  }

  add(bytes: number, place: Place): void {
    this.bytes += bytes;
    if (this.#now() - this.#last.time >= INTERVAL_MS) this.emit(place);
  }

  emit(place: Place): void {
    const time = this.#now();
    const seconds = (time - this.#last.time) / 1000;
    if (seconds > 0) {
      const current = (this.bytes - this.#last.bytes) / seconds;
      const weight = this.#rate === undefined ? 1 : 1 - 0.5 ** (seconds / HALF_LIFE_S);
      this.#rate = (this.#rate ?? 0) * (1 - weight) + current * weight;
      this.#last = { time, bytes: this.bytes };
    }
    const rate = this.#rate ?? 0;
    // The metadata's sizes are estimates: never tell of more than everything.
    const total = this.totalBytes === undefined ? undefined : Math.max(this.totalBytes, this.bytes);
    this.#listener({
      type: 'progress',
      bytes: this.bytes,
      rate,
      ...(total === undefined ? {} : { totalBytes: total }),
      ...(total === undefined || rate === 0 ? {} : { secondsLeft: (total - this.bytes) / rate }),
      ...place,
    });
  }
}
