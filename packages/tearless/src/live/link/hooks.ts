// The code that an update runs once it is in place, and once it was taken back: what every update of a tor needs, and what its rules say.
// Pure.
import { Bug } from '../../base/error.ts';
import type { DebuggerPart } from '../debugger/place-debugger.ts';
import type { Action, CallValue, RuleActions } from '../rules/action.ts';
import { withBuiltIn } from '../rules/built-in.ts';
import { compileActions } from '../rules/compile-actions.ts';
import type { Names } from '../rules/compile-call.ts';
import { describeAction } from '../rules/describe-action.ts';
import { hookName } from './hook-name.ts';
import type { Layout } from './layout.ts';
import type { LinkOptions } from './link-options.ts';

/** Addresses of `int (*)(void)` in the update's own code, in the order in which they are called. */
export interface Hooks {
  /** Behind all writes of the update. */
  readonly up: readonly bigint[];
  /** Behind all writes of its rollback: what the update brought is still mapped then, and stays so, for others keep its texts. */
  readonly down: readonly bigint[];
  /** What the one in `up` does, a step each: it returns the number of the one that failed. */
  readonly steps: readonly string[];
}

type HookOptions = Pick<LinkOptions, 'sides' | 'former'>;

/** What comes before and behind the rest: libraries choose, and debuggers are told. */
export type Around = Pick<DebuggerPart, 'first' | 'last'>;

/**
 * @param own what the rules say
 * @param said members that they speak of
 * @param around as long before the layout is settled as afterwards
 * @returns what writes them, once the layout is settled
 */
export const placeHooks = (
  layout: Layout,
  own: RuleActions,
  said: ReadonlySet<string>,
  around: Around,
  options: HookOptions,
): ((around: Around) => Hooks) => {
  const all = withBuiltIn(own, said, options.sides);
  const place = (name: 'up' | 'down') => {
    const inner = all[name];
    const within = ({ first, last }: Around): Action[] => (name === 'up' ? [...first, ...inner, ...last] : [...inner]);
    const actions = within(around);
    if (actions.length === 0) return () => [];
    const texts = new Map(actions.flatMap(textsOf).map((text) => [text, Buffer.from(`${text}\0`)]));
    for (const [text, bytes] of texts) layout.placeOwn(`text ${text}`, bytes.length, 'constants');
    // All of its forms have one length each, whatever the addresses.
    const { length } = compileActions(actions, { addressOf: () => 0n, textAt: () => 0n, placeAt: () => 0n });
    layout.placeOwn(hookName[name], length, 'code');
    return (settled: Around) => {
      for (const [text, bytes] of texts) layout.own(`text ${text}`).bytes.set(bytes);
      const hook = layout.own(hookName[name]);
      hook.bytes.set(compileActions(within(settled), namesFor(layout, options)));
      return [hook.address];
    };
  };
  const [up, down] = [place('up'), place('down')];
  return (settled) => ({
    up: up(settled),
    down: down(settled),
    steps: [...settled.first, ...all.up, ...settled.last].map(describeAction),
  });
};

const textsOf = (action: Action | CallValue): string[] => {
  switch (action.kind) {
    case 'text':
      return [action.text];
    case 'call':
      return action.arguments.flatMap(textsOf);
    case 'reset':
      return [action.lines];
    case 'renew':
      return [action.ask, action.unless].flatMap((call) => (call === undefined ? [] : textsOf(call)));
    default:
      return [];
  }
};

/** Functions are entered where they always were, which leads to the new code, or after a rollback to the former. */
const namesFor = (layout: Layout, { sides, former }: HookOptions): Names => ({
  addressOf: (key) => {
    const { functions, writable } = sides.next.image;
    const [code, variable] = [functions.get(key), writable.get(key)];
    const address =
      (variable === undefined ? undefined : layout.find(variable)) ??
      former.addresses.get(key) ??
      (code === undefined ? undefined : layout.find(code));
    if (address === undefined) throw new Bug(`a hook needs ${key}, which has no address`);
    return address;
  },
  textAt: (text) => layout.own(`text ${text}`).address,
  placeAt: (name) => layout.own(name).address,
});
