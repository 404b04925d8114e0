/**
 * A queue between one producer and one consumer. `push` waits while `capacity` items are queued;
 * the consumer iterates. Whoever ends first releases the other.
 */
export class Channel<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  #ended = false;
  #error: unknown;
  #abandoned = false;
  #wakeProducer: (() => void) | undefined;
  #wakeConsumer: (() => void) | undefined;

  constructor(capacity = Infinity) {
    this.#capacity = capacity;
  }

  /** @returns false when the consumer wants no more */
  async push(item: T): Promise<boolean> {
    if (!this.#isRead()) return false;
    this.#items.push(item);
    this.#wakeConsumer?.();
    while (this.#items.length > this.#capacity && this.#isRead()) {
      await new Promise<void>((resolve) => (this.#wakeProducer = resolve));
    }
    return this.#isRead();
  }

  /** No more items will come; with an error, the consumer gets it after those that are queued. */
  end(error?: unknown): void {
    this.#ended = true;
    this.#error ??= error;
    this.#wakeConsumer?.();
  }

  /** What is queued now, in order; for looking ahead. */
  peek(): readonly T[] {
    return this.#items;
  }

  #isRead(): boolean {
    return !this.#abandoned;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const item = this.#items.shift();
        if (item !== undefined) {
          this.#wakeProducer?.();
          yield item;
        } else if (this.#ended) {
          if (this.#error !== undefined) throw this.#error as Error;
          return;
        } else {
          await new Promise<void>((resolve) => (this.#wakeConsumer = resolve));
        }
      }
    } finally {
      this.#abandoned = true;
      this.#wakeProducer?.();
    }
  }
}
