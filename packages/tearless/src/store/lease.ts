// Leases in the store: what only one process may do at a time. A holder has a pulse; who wants its leases watches the pulse
// with his own clock, and takes them by naming the beat that has stood still for too long. So nothing depends on two machines'
// clocks agreeing, nor on the database's clock never being set: its time is kept for people only.
import { randomInt } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { Bug } from '../base/error.ts';
import { Holder } from './holder.ts';
import { inStore, inTransaction } from './rows.ts';
import type { Store } from './store.ts';

/** One life of a process. */
export interface LeaseOwner {
  /** Unique: never that of an earlier life. */
  readonly id: string;
  readonly process: Holder;
}

export interface LeaseHolder extends LeaseOwner {
  readonly beat: number;
  /** Since its last beat, by the database's clock. */
  readonly ageMs: number;
}

export interface StoredLease {
  readonly name: string;
  readonly term: number;
  readonly holder: LeaseHolder | null;
}

/** A beat that has stood still for too long. */
export interface LastBeat {
  readonly id: string;
  readonly beat: number;
}

const databaseMs = ({ kind }: Store): RawBuilder<number> =>
  kind === 'sqlite'
    ? sql<number>`cast(unixepoch('subsec') * 1000 as integer)`
    : sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`;

const parseProcess = (id: string, json: string): Holder => {
  const process = Holder.safeParse(JSON.parse(json));
  if (!process.success) throw new Bug(`the lease holder ${id} names no process`, process.error);
  return process.data;
};

/** By name; all, or those named. Names that nobody ever took are left out. */
export const readLeases = (store: Store, names?: readonly string[]): Promise<readonly StoredLease[]> =>
  inStore(store, async () => {
    let query = store.db
      .selectFrom('leases')
      .leftJoin('lease_holders', 'lease_holders.holder', 'leases.holder')
      .select(['leases.name', 'leases.term', 'lease_holders.holder', 'process', 'beat', 'at_ms'])
      .select(databaseMs(store).as('now_ms'))
      .orderBy('leases.name');
    if (names !== undefined) query = query.where('leases.name', 'in', names);
    return (await query.execute()).map(({ name, term, holder, process, beat, at_ms, now_ms }) => ({
      name,
      term: Number(term),
      holder:
        holder === null || process === null
          ? null
          : {
              id: holder,
              process: parseProcess(holder, process),
              beat: Number(beat),
              ageMs: Math.max(0, Number(now_ms) - Number(at_ms)),
            },
    }));
  });

/**
 * Takes all of these leases, or none.
 * @param names at least one
 * @param over holders whose leases may be taken if they have not beaten since
 * @returns the term, above all terms that these leases ever had; null when another holds one of them
 */
export const takeLeases = (
  store: Store,
  names: readonly string[],
  own: LeaseOwner,
  over: readonly LastBeat[],
): Promise<number | null> =>
  inTransaction(store, async (rows) => {
    // Whoever has beaten meanwhile keeps its row. One that has not loses all its leases, and learns so at its next beat.
    for (const { id, beat } of over)
      await rows.deleteFrom('lease_holders').where('holder', '=', id).where('beat', '=', beat).execute();
    const standing = await rows.selectFrom('leases').selectAll().where('name', 'in', names).execute();
    if (standing.some(({ holder }) => holder !== null && holder !== own.id)) return null;
    const pulse = { process: JSON.stringify(own.process), at_ms: databaseMs(store) };
    await rows
      .insertInto('lease_holders')
      // Who lost its leases and has them again must not show a beat that others have seen of it before.
      .values({ holder: own.id, beat: randomInt(2 ** 47), ...pulse })
      .onConflict((conflict) =>
        conflict.column('holder').doUpdateSet((eb) => ({ beat: eb('lease_holders.beat', '+', 1), ...pulse })),
      )
      .execute();
    const values = { term: Math.max(0, ...standing.map(({ term }) => Number(term))) + 1, holder: own.id };
    await rows
      .insertInto('leases')
      .values(names.map((name) => ({ name, ...values })))
      .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
      .execute();
    return values.term;
  });

/** One beat. @returns false when its leases were taken: they are not its own any more */
export const renewLeases = (store: Store, id: string): Promise<boolean> =>
  inStore(store, async () => {
    const { numUpdatedRows } = await store.db
      .updateTable('lease_holders')
      .set((eb) => ({ beat: eb('beat', '+', 1), at_ms: databaseMs(store) }))
      .where('holder', '=', id)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  });

/** Gives all of its leases up; others can take them at once. */
export const releaseLeases = (store: Store, id: string): Promise<void> =>
  inStore(store, async () => {
    await store.db.deleteFrom('lease_holders').where('holder', '=', id).execute();
  });
