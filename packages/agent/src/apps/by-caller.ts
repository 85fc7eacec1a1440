/** Whose something is: an app by its name, or a caller that has none by an object that stands for it, such as the token that it holds. */
export type CallerId = string | object;

/** Something of each caller: by name it is kept over reloads, by object for as long as the object exists. */
export class ByCaller<T> {
  readonly #byName = new Map<string, T>();
  readonly #byObject = new WeakMap<object, T>();

  get(whose: CallerId): T | undefined {
    return typeof whose === 'string' ? this.#byName.get(whose) : this.#byObject.get(whose);
  }

  set(whose: CallerId, value: T): void {
    if (typeof whose === 'string') this.#byName.set(whose, value);
    else this.#byObject.set(whose, value);
  }
}
