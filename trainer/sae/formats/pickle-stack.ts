/** The values a pickle works on: a stack with marks and what it remembers, both with limits. Knows nothing of opcodes. */
import { type PickleValue, type Refuse, isDict } from './pickle-value.ts';

const MAX_STACK = 100_000; // a state dict keeps some dozens
const MAX_MEMO = 200_000; // optimisers remember some thousands

const MARK = Symbol('mark');

export class PickleStack {
  private readonly slots: (PickleValue | typeof MARK)[] = [];
  private readonly remembered = new Map<number, PickleValue>();
  private readonly refuse: Refuse;

  constructor(refuse: Refuse) {
    this.refuse = refuse;
  }

  get depth(): number {
    return this.slots.length;
  }

  get rememberedCount(): number {
    return this.remembered.size;
  }

  mark(): void {
    this.push(MARK);
  }

  /** POP drops marks too. */
  drop(): void {
    if (this.slots.pop() === undefined) this.refuse('a value to drop', 'an empty stack');
  }

  push(value: PickleValue | typeof MARK): void {
    if (this.slots.length >= MAX_STACK) this.refuse(`at most ${MAX_STACK} values on the stack`, 'more');
    this.slots.push(value);
  }

  pop(): PickleValue {
    const value = this.slots.pop();
    return value === undefined || value === MARK ? this.refuse('a value on the stack', 'none') : value;
  }

  top(): PickleValue {
    const value = this.slots.at(-1);
    return value === undefined || value === MARK ? this.refuse('a value on the stack', 'none') : value;
  }

  popToMark(): PickleValue[] {
    const mark = this.slots.lastIndexOf(MARK);
    if (mark < 0) this.refuse('a mark on the stack', 'none');
    const values = this.slots.splice(mark) as PickleValue[];
    return values.slice(1);
  }

  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) return this.refuse('a list to append to', 'something else');
    for (const value of values) (list as PickleValue[]).push(value);
  }

  makeDict(values: readonly PickleValue[]): void {
    this.push({ type: 'dict', entries: new Map() });
    this.setItems(values);
  }

  setItems(values: readonly PickleValue[]): void {
    const dict = this.top();
    if (!isDict(dict) || values.length % 2 !== 0)
      return this.refuse('a dictionary and pairs', 'something else');
    for (let i = 0; i < values.length; i += 2) {
      const key = values[i];
      if (typeof key !== 'string' && typeof key !== 'number') return this.refuse('texts as keys', typeof key);
      dict.entries.set(key, values[i + 1]);
    }
  }

  memoize(key: number): void {
    if (this.remembered.size >= MAX_MEMO) this.refuse(`at most ${MAX_MEMO} remembered values`, 'more');
    this.remembered.set(key, this.top());
  }

  recall(key: number): PickleValue {
    const value = this.remembered.get(key);
    return value === undefined ? this.refuse('a remembered value', `none under ${key}`) : value;
  }
}
