// Values that are alike get one number: what columns hold instead of them.

export interface ValueIndex<T> {
  /** By their numbers. */
  readonly values: readonly T[];
  readonly indexOf: (value: T) => number;
}

/** @typeParam T told apart by its JSON */
export const createIndex = <T>(): ValueIndex<T> => {
  const values: T[] = [];
  const indexes = new Map<string, number>();
  const indexOf = (value: T): number => {
    const key = JSON.stringify(value);
    let index = indexes.get(key);
    if (index === undefined) {
      index = values.push(value) - 1;
      indexes.set(key, index);
    }
    return index;
  };
  return { values, indexOf };
};
