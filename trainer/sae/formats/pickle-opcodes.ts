/**
 * The stack machine of a pickle, with limits. What a name means, what may be called and what a persistent id is, it asks
 * its caller. Opcodes that make objects some other way (INST, OBJ, NEWOBJ, EXT, text forms) are refused by name.
 */
import { PickleStack } from './pickle-stack.ts';
import type { PickleValue, Refuse } from './pickle-value.ts';

export interface PickleReader {
  global(module: string, name: string): PickleValue;
  call(target: PickleValue, args: PickleValue): PickleValue;
  build(target: PickleValue, state: PickleValue): void;
  persistent(id: PickleValue): PickleValue;
  refuse: Refuse;
}

const MAX_OPCODES = 1_000_000; // a state dict takes about 40 for a tensor

const REFUSED: Readonly<Record<number, string>> = {
  0x69: 'INST',
  0x6f: 'OBJ',
  0x81: 'NEWOBJ',
  0x92: 'NEWOBJ_EX',
  0x82: 'EXT1',
  0x83: 'EXT2',
  0x84: 'EXT4',
  0x50: 'PERSID',
  0x49: 'INT',
  0x4c: 'LONG',
  0x46: 'FLOAT',
  0x53: 'STRING',
  0x56: 'UNICODE',
  0x67: 'GET',
  0x70: 'PUT',
  0x8f: 'EMPTY_SET',
  0x90: 'ADDITEMS',
  0x91: 'FROZENSET',
  0x96: 'BYTEARRAY8',
  0x97: 'NEXT_BUFFER',
  0x98: 'READONLY_BUFFER',
};

export function readPickle(bytes: Buffer, reader: PickleReader): PickleValue {
  const machine = new Machine(bytes, reader);
  for (let count = 0; count < MAX_OPCODES; count++) {
    if (machine.step()) return machine.result();
  }
  return reader.refuse(`at most ${MAX_OPCODES} opcodes`, 'more');
}

class Machine {
  private at = 0;
  private readonly stack: PickleStack;
  private readonly bytes: Buffer;
  private readonly reader: PickleReader;

  constructor(bytes: Buffer, reader: PickleReader) {
    this.bytes = bytes;
    this.reader = reader;
    this.stack = new PickleStack(reader.refuse);
  }

  result(): PickleValue {
    const value = this.stack.pop();
    return this.stack.depth === 0 ? value : this.reader.refuse('one value at the end', 'more');
  }

  /** Whether that was the last opcode. */
  step(): boolean {
    const opcode = this.take(1)[0];
    if (opcode === 0x2e) return true;
    const literal = this.literal(opcode);
    if (literal !== undefined) this.stack.push(literal);
    else if (!this.container(opcode) && !this.object(opcode)) {
      const name = REFUSED[opcode] ?? `opcode 0x${opcode.toString(16)}`;
      this.reader.refuse('the opcodes of a state dict', name);
    }
    return false;
  }

  private literal(opcode: number): PickleValue | undefined {
    switch (opcode) {
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4a: // BININT
        return this.take(4).readInt32LE(0);
      case 0x4b: // BININT1
        return this.take(1)[0];
      case 0x4d: // BININT2
        return this.take(2).readUInt16LE(0);
      case 0x8a: // LONG1
        return this.long(this.take(1)[0]);
      case 0x8b: // LONG4
        return this.long(this.take(4).readInt32LE(0));
      case 0x47: // BINFLOAT
        return this.take(8).readDoubleBE(0);
      case 0x58: // BINUNICODE
        return this.text(this.take(4).readUInt32LE(0));
      case 0x8c: // SHORT_BINUNICODE
        return this.text(this.take(1)[0]);
      case 0x8d: // BINUNICODE8
        return this.text(this.size8());
      case 0x54: // BINSTRING, from Python 2
        return this.take(this.take(4).readInt32LE(0)).toString('latin1');
      case 0x55: // SHORT_BINSTRING
        return this.take(this.take(1)[0]).toString('latin1');
      case 0x42: // BINBYTES
        return this.take(this.take(4).readUInt32LE(0));
      case 0x43: // SHORT_BINBYTES
        return this.take(this.take(1)[0]);
      case 0x8e: // BINBYTES8
        return this.take(this.size8());
      default:
        return undefined;
    }
  }

  private container(opcode: number): boolean {
    switch (opcode) {
      case 0x28: // MARK
        this.stack.mark();
        return true;
      case 0x30: // POP
        this.stack.drop();
        return true;
      case 0x31: // POP_MARK
        this.stack.popToMark();
        return true;
      case 0x32: // DUP
        this.stack.push(this.stack.top());
        return true;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        this.stack.push([]);
        return true;
      case 0x7d: // EMPTY_DICT
        this.stack.push({ type: 'dict', entries: new Map() });
        return true;
      case 0x6c: // LIST
      case 0x74: // TUPLE
        this.stack.push(this.stack.popToMark());
        return true;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.stack.push(Array.from({ length: opcode - 0x84 }, () => this.stack.pop()).reverse());
        return true;
      case 0x61: // APPEND
        this.stack.append([this.stack.pop()]);
        return true;
      case 0x65: // APPENDS
        this.stack.append(this.stack.popToMark());
        return true;
      case 0x73: // SETITEM
        this.stack.setItems([this.stack.pop(), this.stack.pop()].reverse());
        return true;
      case 0x75: // SETITEMS
        this.stack.setItems(this.stack.popToMark());
        return true;
      case 0x64: // DICT
        this.stack.makeDict(this.stack.popToMark());
        return true;
      default:
        return false;
    }
  }

  private object(opcode: number): boolean {
    switch (opcode) {
      case 0x80: // PROTO
        if (this.take(1)[0] > 5) this.reader.refuse('a pickle of protocol 2 to 5', 'a newer one');
        return true;
      case 0x95: // FRAME
        this.size8();
        return true;
      case 0x63: // GLOBAL
        this.stack.push(this.reader.global(this.line(), this.line()));
        return true;
      case 0x93: // STACK_GLOBAL
        this.stackGlobal();
        return true;
      case 0x52: {
        // REDUCE
        const args = this.stack.pop();
        this.stack.push(this.reader.call(this.stack.pop(), args));
        return true;
      }
      case 0x62: {
        // BUILD
        const state = this.stack.pop();
        this.reader.build(this.stack.top(), state);
        return true;
      }
      case 0x51: // BINPERSID
        this.stack.push(this.reader.persistent(this.stack.pop()));
        return true;
      default:
        return this.remember(opcode);
    }
  }

  private remember(opcode: number): boolean {
    switch (opcode) {
      case 0x68: // BINGET
        this.stack.push(this.stack.recall(this.take(1)[0]));
        return true;
      case 0x6a: // LONG_BINGET
        this.stack.push(this.stack.recall(this.take(4).readUInt32LE(0)));
        return true;
      case 0x71: // BINPUT
        this.stack.memoize(this.take(1)[0]);
        return true;
      case 0x72: // LONG_BINPUT
        this.stack.memoize(this.take(4).readUInt32LE(0));
        return true;
      case 0x94: // MEMOIZE
        this.stack.memoize(this.stack.rememberedCount);
        return true;
      default:
        return false;
    }
  }

  private take(count: number): Buffer {
    const from = this.at;
    if (count < 0 || from + count > this.bytes.length) {
      this.reader.refuse(`${count} more bytes of the pickle`, `${this.bytes.length - from}`);
    }
    this.at += count;
    return this.bytes.subarray(from, this.at);
  }

  private size8(): number {
    const size = this.take(8).readBigUInt64LE(0);
    return size > BigInt(this.bytes.length)
      ? this.reader.refuse('a size within the pickle', `${size}`)
      : Number(size);
  }

  private text(count: number): string {
    return this.take(count).toString('utf8');
  }

  private long(count: number): number {
    if (count > 8 || count < 0) this.reader.refuse('an integer of at most 8 bytes', `${count}`);
    const bytes = this.take(count);
    const value =
      count === 0
        ? 0n
        : BigInt.asIntN(8 * count, BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`));
    // Beyond 2^53 only torch's own marks (random seeds) lie, never a size.
    return Number(value);
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) this.reader.refuse('a line', 'the end of the pickle');
    const text = this.text(end - this.at);
    this.take(1);
    return text;
  }

  private stackGlobal(): void {
    const name = this.stack.pop();
    const module = this.stack.pop();
    if (typeof name !== 'string' || typeof module !== 'string')
      this.reader.refuse('a name as text', typeof name);
    this.stack.push(this.reader.global(module as string, name as string));
  }
}
