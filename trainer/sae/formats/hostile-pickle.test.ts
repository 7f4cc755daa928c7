/** Pickles made to do harm: nothing in them runs, none goes on for ever, each is refused by the name of what it tried. */
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { buildTorch, pickledText, pickleOf, refusalOf } from './hostile.fixture.ts';

const marker = path.join(os.tmpdir(), `residua-ran-${process.pid}`);
const RUN = `touch ${marker}`;
const PROTO = pickleOf(0x80, 2);

afterEach(() => expect(existsSync(marker)).toBe(false));

describe('a pickle that would run code', () => {
  const system = [...'cos\nsystem\n'].join('');
  const CASES: Readonly<Record<string, [Buffer, RegExp]>> = {
    'by calling os.system': [
      pickleOf(PROTO, system, '(', pickledText(RUN), 't', 'R.'),
      /os\.system, which could run code/,
    ],
    'by a name from the stack': [
      pickleOf(PROTO, pickledText('posix'), pickledText('system'), 0x93, '.'),
      /posix\.system/,
    ],
    'by INST': [pickleOf(PROTO, '(', pickledText(RUN), 'ios\nsystem\n.'), /INST/],
    'by OBJ': [pickleOf(PROTO, '(', system, pickledText(RUN), 'o.'), /os\.system/],
    'by OBJ of a name it may have': [pickleOf(PROTO, '(ccollections\nOrderedDict\no.'), /OBJ/],
    'by NEWOBJ': [pickleOf(PROTO, 'ccollections\nOrderedDict\n)', 0x81, '.'), /NEWOBJ/],
    'by NEWOBJ_EX': [pickleOf(PROTO, 'ccollections\nOrderedDict\n)}', 0x92, '.'), /NEWOBJ_EX/],
    'by the extension registry': [pickleOf(PROTO, 0x82, 1, '.'), /EXT1/],
    'by eval': [pickleOf(PROTO, 'cbuiltins\neval\n(', pickledText('1'), 'tR.'), /builtins\.eval/],
    'by BUILD on what is no dictionary': [pickleOf(PROTO, ']}b.'), /BUILD/],
    'by BUILD on a name': [pickleOf(PROTO, 'ctorch._utils\n_rebuild_tensor_v2\n}b.'), /BUILD/],
    'by calling a value': [pickleOf(PROTO, '})R.'), /a call of/],
    'by an OrderedDict made of pairs': [pickleOf(PROTO, 'ccollections\nOrderedDict\n(]tR.'), /a call of/],
    'by a storage type that is none': [pickleOf(PROTO, 'ctorch\nEvilStorage\n.'), /torch\.EvilStorage/],
    'by a dotted name inside torch': [
      pickleOf(PROTO, pickledText('torch'), pickledText('serialization.os.system'), 0x93, '.'),
      /torch\.serialization\.os\.system/,
    ],
    'by a name with a line break in it': [
      pickleOf(PROTO, pickledText('torch'), pickledText('FloatStorage\nx'), 0x93, '.'),
      /FloatStorage/,
    ],
    'by a persistent id as text': [pickleOf(PROTO, 'Pposix.system\n.'), /PERSID/],
    'by text opcodes of protocol 0': [pickleOf('(dS"a"\nI1\ns.'), /STRING/],
  };

  it.each(Object.entries(CASES))('%s is refused by name', async (_, [pickle, expected]) => {
    expect(await refusalOf({ 'ae.pt': buildTorch(pickle) })).toMatch(expected);
  });

  it('is refused in the form before torch 1.6 too', async () => {
    const bare = CASES['by calling os.system'][0];
    expect(await refusalOf({ 'ae.pt': bare })).toMatch(/a bare pickle.*newer torch/s);
  });
});

describe('a pickle that would not end', () => {
  const laughs = pickleOf(
    PROTO,
    ']q',
    0,
    ...Array.from({ length: 60 }, (_, i) =>
      pickleOf(']q', i + 1, '(', ...Array<Buffer>(9).fill(pickleOf('h', i)), 'e'),
    ),
  );
  const CASES: Readonly<Record<string, [Buffer, RegExp]>> = {
    'lists of lists that double': [pickleOf(laughs, '.'), /one value at the end/],
    'a million nested lists': [pickleOf(PROTO, ']'.repeat(90_000), 'a'.repeat(89_999), '.'), /a state dict/],
    'more on the stack than there may be': [pickleOf(PROTO, ']'.repeat(200_000), '.'), /on the stack/],
    'more opcodes than there may be': [pickleOf(PROTO, ']', '20'.repeat(600_000), '.'), /opcodes/],
    'a list in itself': [pickleOf(PROTO, ']q', 0, 'h', 0, 'a.'), /a state dict/],
    'more remembered than there may be': [
      pickleOf(PROTO, ']', Buffer.alloc(250_000, 0x94), '.'),
      /remembered/,
    ],
    'a text longer than the file': [pickleOf(PROTO, 0x58, 0xff, 0xff, 0xff, 0x7f, '.'), /more bytes/],
    'a size of 64 bits': [pickleOf(PROTO, 0x8d, Buffer.alloc(8, 0xff), '.'), /a size within/],
    'an integer of a megabyte': [pickleOf(PROTO, 0x8b, 0, 0, 0x10, 0, '.'), /at most 8 bytes/],
    'no end': [pickleOf(PROTO, ']'), /more bytes/],
    'a mark that is not there': [pickleOf(PROTO, 't.'), /a mark/],
  };

  it.each(Object.entries(CASES))('is refused: %s', async (_, [pickle, expected]) => {
    expect(await refusalOf({ 'ae.pt': buildTorch(pickle) })).toMatch(expected);
  });
});
